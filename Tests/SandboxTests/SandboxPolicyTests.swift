import LambdaCore
import Sandbox
import Testing

@Suite struct `The executor's policy` {
    private func request(
        userSlot: Int = 0, root: String = "host", code: String = "/var/lib/lambdad/code/x", runtime: String? = nil,
        layers: [String] = [], fileSystem: SandboxRequest.FileSystem? = nil,
        memory: Int = 128, storage: Int = 512, network: SandboxRequest.Network = .loopback
    ) throws -> SandboxRequest {
        SandboxRequest(
            environment: .random(), functionName: try #require(FunctionName("f")), userSlot: userSlot, root: root,
            codeDirectory: code, runtimeDirectory: runtime, layerDirectories: layers, fileSystem: fileSystem,
            memorySize: memory, ephemeralStorage: storage, network: network, servicesPort: nil)
    }

    @Test func `has defaults for everything`() throws {
        let policy = try SandboxPolicy(parsing: "")
        #expect(policy == SandboxPolicy())
        #expect(policy.group == "lambdad")
        #expect(policy.uidBase == 1_879_048_192)
        #expect(policy.roots == ["host"])
        #expect(!policy.hostNetwork)
        #expect(policy.hotReloadDirectories.isEmpty)
        #expect(policy.fileSystemDirectories.isEmpty)
    }

    @Test func `is read from its file`() throws {
        let policy = try SandboxPolicy(
            parsing: """
                # comment
                [executor]
                group = staff
                uid_base = 2000000000
                uid_count = 4
                roots = host, bookworm
                code_directories = /srv/a /srv/b
                runtime_directories = /opt/r
                hot_reload_directories = /home/ann/src
                file_system_directories = /srv/data, /srv/more
                host_etc = /srv/etc
                memory_max = 1024
                tmp_max = 600
                host_network = yes
                cgroup = /x.slice/y
                sandboxes_max = 3
                """)
        #expect(policy.group == "staff")
        #expect(policy.roots == ["host", "bookworm"])
        #expect(policy.codeDirectories == ["/srv/a", "/srv/b"])
        #expect(policy.hotReloadDirectories == ["/home/ann/src"])
        #expect(policy.fileSystemDirectories == ["/srv/data", "/srv/more"])
        #expect(policy.hostEtc == "/srv/etc")
        #expect(policy.cgroup == "/x.slice/y")
        #expect(policy.sandboxLimit == 3)
        #expect(policy.identities(slot: 1) == SandboxIdentities(function: 2_000_000_002, initProcess: 2_000_000_003))
    }

    @Test(arguments: [
        ("group = ", 2), ("group = a b", 2), ("uid_base = 0", 2), ("uid_base = 1000", 2), ("uid_base = x", 2),
        ("uid_count = 3", 0), ("uid_base = 4294000000\nuid_count = 16777216", 0), ("roots = ../x", 2),
        ("roots = ", 2), ("roots = .hidden", 2), ("code_directories = relative", 2), ("code_directories = /a/../b", 2),
        ("hot_reload_directories = src", 2), ("file_system_directories = ", 2), ("code_directories = /a/", 2),
        ("code_directories = /", 2), ("memory_max = 1", 2), ("tmp_max = 0", 2),
        ("host_network = true", 2), ("sandboxes_max = 0", 2), ("unknown = 1", 2), ("no equals sign", 2),
        ("[other]\na = 1", 3),
    ])
    func `does not start with a line that it cannot mean`(text: String, line: Int) {
        #expect {
            try SandboxPolicy(parsing: "[executor]\n" + text)
        } throws: { error in
            (error as? SandboxPolicy.ParseError)?.line == line
        }
    }

    @Test func `turns a request into a plan`() throws {
        let request = try self.request(userSlot: 5, runtime: "/usr/lib/lambdad/runtime/python3.11")
        let plan = try SandboxPolicy().plan(for: request)
        #expect(plan.code == AllowedPath("/var/lib/lambdad/code/x", below: "/var/lib/lambdad"))
        #expect(plan.code.rest == "code/x")
        #expect(plan.runtime?.rest == "runtime/python3.11")
        #expect(plan.identities.function == 1_879_048_202)
        #expect(plan.identities.initProcess == 1_879_048_203)
        #expect(plan.identities.uidMap == "0 0 1\n993 1879048202 1\n994 1879048203 1\n")
        #expect(plan.identities.gidMap == "0 0 1\n990 1879048202 1\n989 1879048203 1\n")
    }

    @Test(arguments: [
        "", "/", "/etc", "/etc/passwd", "/var/lib/lambdad", "/var/lib/lambdad/", "/var/lib/lambdad/../../etc",
        "/var/lib/lambdad/./x", "/var/lib/lambdad//x", "/var/lib/lambdad/x/", "/var/lib/lambdadx/y",
        "var/lib/lambdad/x", "/var/lib/lambdad/x/..", "/var/lib/LAMBDAD/x",
    ])
    func `refuses code outside its directories`(path: String) throws {
        let request = try self.request(code: path)
        #expect(throws: SandboxPolicy.Refusal.self) { try SandboxPolicy().plan(for: request) }
        #expect {
            try SandboxPolicy().plan(for: request)
        } throws: { error in
            "\(error)" == "'\(path)' is not below code_directories"
        }
    }

    @Test func `allows layers from where code may be, in their order`() throws {
        let request = try self.request(layers: ["/var/lib/lambdad/code/b", "/var/lib/lambdad/code/a"])
        #expect(try SandboxPolicy().plan(for: request).layers.map(\.rest) == ["code/b", "code/a"])
    }

    @Test func `refuses a layer from elsewhere, and a sixth`() throws {
        let elsewhere = try self.request(layers: ["/var/lib/lambdad/code/b", "/etc"])
        #expect(Self.refusal(of: elsewhere) == "'/etc' is not below code_directories")
        let many = try self.request(layers: (1...6).map { "/var/lib/lambdad/code/\($0)" })
        #expect(Self.refusal(of: many) == "6 layers are more than 5")
    }

    @Test func `allows code that somebody works on below its directories and these themselves, where it names any`()
        throws
    {
        let policy = try SandboxPolicy(parsing: "[executor]\nhot_reload_directories = /home/ann/src\n")
        let paths = ["/home/ann/src", "/home/ann/src/app"]
        for path in paths {
            let request = try self.request(code: path, layers: [path])
            #expect(Self.refusal(of: request) == "'\(path)' is not below code_directories")
            let plan = try policy.plan(for: request)
            #expect(plan.code.text == path && plan.layers.map(\.text) == [path])
        }
        for path in ["/home/ann", "/home/ann/srcs", "/home/ann/src/../x", "/home/ann/src/"] {
            let refusal = Self.refusal(of: try self.request(code: path), by: policy)
            #expect(refusal == "'\(path)' is not below code_directories or hot_reload_directories")
        }
    }

    @Test func `allows a file system where it names its directory`() throws {
        let policy = try SandboxPolicy(parsing: "[executor]\nfile_system_directories = /srv/data\n")
        for directory in ["/srv/data", "/srv/data/a"] {
            let wanted = SandboxRequest.FileSystem(directory: directory, mountPath: "/mnt/data-1_a.b")
            let plan = try policy.plan(for: try self.request(fileSystem: wanted))
            #expect(plan.fileSystem?.directory.text == directory)
            #expect(plan.fileSystem?.name == "data-1_a.b")
            #expect(
                Self.refusal(of: try self.request(fileSystem: wanted))
                    == "'\(directory)' is not below file_system_directories")
        }
        let elsewhere = SandboxRequest.FileSystem(directory: "/srv", mountPath: "/mnt/data")
        #expect(
            Self.refusal(of: try self.request(fileSystem: elsewhere), by: policy)
                == "'/srv' is not below file_system_directories")
    }

    @Test(arguments: [
        "", "/mnt", "/mnt/", "/mnt/.", "/mnt/..", "/mnt/a/b", "/mnt/a b", "/mnt/ä", "mnt/a", "/opt/a", "/mnt//a",
        "/mnt/" + String(repeating: "x", count: 156),
    ])
    func `refuses a file system's place that is no name below /mnt`(path: String) throws {
        let policy = try SandboxPolicy(parsing: "[executor]\nfile_system_directories = /srv/data\n")
        let request = try self.request(fileSystem: .init(directory: "/srv/data", mountPath: path))
        #expect(Self.refusal(of: request, by: policy) == "'\(path)' is no name below /mnt")
        let longest = "/mnt/" + String(repeating: "x", count: 155)
        let fitting = try self.request(fileSystem: .init(directory: "/srv/data", mountPath: longest))
        #expect(Self.refusal(of: fitting, by: policy) == nil)
    }

    private static func refusal(of request: SandboxRequest, by policy: SandboxPolicy = SandboxPolicy()) -> String? {
        do {
            _ = try policy.plan(for: request)
            return nil
        } catch { return "\(error)" }
    }

    @Test func `refuses a path that is too long`() throws {
        let request = try self.request(code: "/var/lib/lambdad/" + String(repeating: "x", count: 4_096))
        #expect(throws: SandboxPolicy.Refusal.self) { try SandboxPolicy().plan(for: request) }
    }

    @Test func `refuses everything else that it does not allow, by the rule`() throws {
        let cases: [(SandboxRequest, String)] = [
            (try self.request(runtime: "/var/lib/lambdad/code/x"), "runtime_directories"),
            (try self.request(userSlot: -1), "uid_count"),
            (try self.request(userSlot: 65_536), "uid_count"),
            (try self.request(root: "bookworm"), "roots"),
            (try self.request(root: ""), "roots"),
            (try self.request(root: "../host"), "roots"),
            (try self.request(memory: 0), "memory_max"),
            (try self.request(memory: 10_241), "memory_max"),
            (try self.request(storage: 0), "tmp_max"),
            (try self.request(storage: 10_241), "tmp_max"),
            (try self.request(network: .host), "host_network"),
        ]
        for (request, rule) in cases {
            #expect {
                try SandboxPolicy().plan(for: request)
            } throws: { error in
                "\(error)".contains(rule)
            }
        }
    }
}
