import LambdaCore
import Testing

@Suite struct `File systems by their ARN` {
    private static let arn = "arn:aws:elasticfilesystem:eu-west-1:000000000000:access-point/fsap-0123456789abcdef0"

    @Test func `are read in one setting`() throws {
        #expect(try FileSystemMap.directories(parsing: "") == [:])
        #expect(
            try FileSystemMap.directories(parsing: "\(Self.arn)=/srv/data, arn:b=/srv/a=b\tarn:c=/x")
                == [Self.arn: "/srv/data", "arn:b": "/srv/a=b", "arn:c": "/x"])
    }

    @Test(arguments: ["x", "arn:a", "arn:a=", "arn:a=relative", "=/srv", "/srv=arn:a", "arn:a=/x arn:a=/y"])
    func `are refused where they say nothing or two things`(text: String) {
        #expect(throws: FileSystemMap.ParseError.self) { try FileSystemMap.directories(parsing: text) }
    }
}

@Suite struct `A file system's place in a sandbox` {
    @Test(arguments: [
        ("/mnt/a", "a"), ("/mnt/A-1_b.c", "A-1_b.c"), ("/mnt/...", "..."), ("/mnt/.", nil), ("/mnt/..", nil),
        ("/mnt/", nil),
        ("/mnt", nil), ("/mnt/a/b", nil), ("/mntx/a", nil), ("mnt/a", nil), ("/mnt/a ", nil), ("/mnt/é", nil),
    ])
    func `is one name below mnt`(path: String, name: String?) { #expect(MountPath.name(in: path) == name) }

    @Test func `is 160 characters long at most`() {
        let longest = "/mnt/" + String(repeating: "a", count: 155)
        #expect(MountPath.name(in: longest) != nil)
        #expect(MountPath.name(in: longest + "a") == nil)
    }
}
