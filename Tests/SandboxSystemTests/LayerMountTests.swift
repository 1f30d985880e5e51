import FoundationEssentials
import Glibc
import LambdaCore
import Sandbox
import Testing

@Suite(.serialized, .enabled(if: TestProgram.isPrivileged, "needs root, for namespaces, mounts and cgroups"))
struct `Layers in a sandbox` {
    /// Makes a layer's directory out of files, owned by a user that is not root, as the code store's are.
    private static func layer(_ name: String, _ files: [String: String], in executor: ExecutorUnderTest) throws
        -> String
    {
        let directory = "\(executor.code)/\(name)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for (path, text) in files {
            if let slash = path.lastIndex(of: "/") {
                try FileManager.default.createDirectory(
                    atPath: "\(directory)/\(path[..<slash])", withIntermediateDirectories: true)
            }
            try ExecutorUnderTest.write(text, to: "\(directory)/\(path)")
        }
        let owned = try TestProgram.run(["chown", "-R", "12345:12346", directory])
        try #require(owned.status == 0)
        return directory
    }

    @Test func `are one directory at /opt, read-only and root's, where there is one`() async throws {
        let executor = try ExecutorUnderTest()
        let layer = try Self.layer("a", ["python/a.py": "a\n"], in: executor)
        let sandbox = try await executor.sandbox(executor.request(layers: [layer]))
        #expect(try sandbox.output(of: "cat /opt/python/a.py; stat -c %u:%g /opt /opt/python/a.py") == "a\n0:0\n0:0\n")
        #expect(try sandbox.shell("echo >/opt/x").output.contains("Read-only file system"))
        #expect(try sandbox.shell("echo >/opt/python/a.py").output.contains("Read-only file system"))
    }

    @Test func `are merged in order where there are more: directories meet, of a file the later one is seen`()
        async throws
    {
        let executor = try ExecutorUnderTest()
        let layers = try [
            Self.layer("a", ["lib/one": "a", "lib/same": "a", "only-a": "a"], in: executor),
            Self.layer("b", ["lib/two": "b", "lib/same": "b", "only-b": "b"], in: executor),
            Self.layer("c", ["lib/three": "c", "only-b": "c"], in: executor),
        ]
        let sandbox = try await executor.sandbox(executor.request(layers: layers))
        #expect(
            try sandbox.output(of: "cd /opt; for f in lib/* only*; do echo $f=$(cat $f); done")
                == "lib/one=a\nlib/same=b\nlib/three=c\nlib/two=b\nonly-a=a\nonly-b=c\n")
        #expect(try sandbox.output(of: "stat -c %u:%g /opt /opt/lib /opt/lib/same") == "0:0\n0:0\n0:0\n")
        #expect(try sandbox.shell("echo >/opt/lib/same").output.contains("Read-only file system"))
        let mounts = try sandbox.output(of: "grep ' /opt ' /proc/self/mountinfo")
        #expect(mounts.split(separator: "\n").count == 1)
        #expect(mounts.contains(" ro,nosuid,nodev"))
    }

    @Test func `in the other order show the other file`() async throws {
        let executor = try ExecutorUnderTest()
        let layers = try [
            Self.layer("a", ["same": "a\n"], in: executor), Self.layer("b", ["same": "b\n"], in: executor),
        ]
        for order in [layers, layers.reversed()] {
            let sandbox = try await executor.sandbox(executor.request(layers: order))
            #expect(try sandbox.output(of: "cat /opt/same") == (order == layers ? "b\n" : "a\n"))
        }
    }

    @Test func `may be the same twice, and five`() async throws {
        let executor = try ExecutorUnderTest()
        let names = ["a", "b", "c", "d", "e"]
        let layers = try names.map { try Self.layer($0, ["same": "\($0)\n", $0: ""], in: executor) }
        let twice = try await executor.sandbox(executor.request(layers: [layers[0], layers[1], layers[0]]))
        #expect(try twice.output(of: "cat /opt/same; ls /opt") == "a\na\nb\nsame\n")
        let five = try await executor.sandbox(executor.request(layers: layers))
        #expect(try five.output(of: "cat /opt/same; ls /opt") == "e\na\nb\nc\nd\ne\nsame\n")
    }

    @Test func `bring programs and modules that are found`() async throws {
        let executor = try ExecutorUnderTest()
        let layers = try [
            Self.layer("a", ["bin/tool": "#!/bin/sh\necho tool\n", "bootstrap": "x"], in: executor),
            Self.layer("b", ["bin/other": "#!/bin/sh\necho other\n"], in: executor),
        ]
        // Safety: the strings live for the calls.
        #expect(unsafe chmod(layers[0] + "/bin/tool", 0o755) == 0 && chmod(layers[1] + "/bin/other", 0o755) == 0)
        let sandbox = try await executor.sandbox(executor.request(layers: layers))
        #expect(
            try sandbox.output(of: "PATH=$PATH:/opt/bin; tool; other; ls /opt/bootstrap")
                == "tool\nother\n/opt/bootstrap\n")
    }

    @Test func `leave nothing mounted and nothing open in the executor`() async throws {
        let executor = try ExecutorUnderTest()
        let layers = try [Self.layer("a", ["a": ""], in: executor), Self.layer("b", ["b": ""], in: executor)]
        func census() async throws -> [Int] {
            await executor.client.stop(.random())
            let proc = "/proc/\(executor.process)"
            return [
                try FileManager.default.contentsOfDirectory(atPath: proc + "/fd").count,
                try String(contentsOfFile: proc + "/mountinfo", encoding: .utf8).split(separator: "\n").count,
            ]
        }
        let first = try await executor.sandbox(executor.request(layers: layers))
        await executor.client.stop(first.environment)
        let before = try await census()
        for _ in 0..<20 {
            let sandbox = try await executor.sandbox(executor.request(layers: layers))
            await executor.client.stop(sandbox.environment)
        }
        #expect(try await census() == before)
    }

    @Test func `are refused outside the allowed directories, through a symlink, and inside each other`() async throws {
        let executor = try ExecutorUnderTest()
        let layer = try Self.layer("a", ["inner/x": "x"], in: executor)
        await #expect(throws: LaunchError.refused("'/etc' is not below code_directories")) {
            try await executor.client.launch(executor.request(layers: [layer, "/etc"]))
        }
        try FileManager.default.createSymbolicLink(atPath: executor.code + "/link", withDestinationPath: "/etc")
        await #expect(throws: LaunchError.refused("'\(executor.code)/link' goes through a symlink")) {
            try await executor.client.launch(executor.request(layers: [layer, executor.code + "/link"]))
        }
        await #expect(throws: LaunchError.refused("of two layers one lies in the other")) {
            try await executor.client.launch(executor.request(layers: [layer, layer + "/inner"]))
        }
        // What was attached for the one that failed is gone: the next one works.
        let sandbox = try await executor.sandbox(executor.request(layers: [layer, executor.code + "/f"]))
        #expect(try sandbox.output(of: "cat /opt/inner/x /opt/handler") == "xcode\n")
    }
}

@Suite(.serialized, .enabled(if: TestProgram.isPrivileged, "needs root, for namespaces, mounts and cgroups"))
struct `A directory that somebody works in` {
    @Test func `is the code or a layer as it is, read-only, and shows what is changed`() async throws {
        let outside = "/tmp/lambdad-test-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: outside) }  // what is left lies in /tmp
        for name in ["app", "odd,na:me"] {
            try FileManager.default.createDirectory(atPath: "\(outside)/\(name)", withIntermediateDirectories: true)
            try ExecutorUnderTest.write("\(name)\n", to: "\(outside)/\(name)/\(name)")
        }
        let executor = try ExecutorUnderTest(policy: "hot_reload_directories = \(outside)")
        let layers = ["\(outside)/odd,na:me", "\(outside)/app"]
        let sandbox = try await executor.sandbox(executor.request(code: "\(outside)/app", layers: layers))
        #expect(try sandbox.output(of: "cat /var/task/app '/opt/odd,na:me' /opt/app") == "app\nodd,na:me\napp\n")
        #expect(try sandbox.shell("echo >/var/task/x").output.contains("Read-only file system"))
        try ExecutorUnderTest.write("new\n", to: "\(outside)/app/later")
        #expect(try sandbox.output(of: "cat /var/task/later") == "new\n")
    }
}
