import LambdaCore
import Sandbox
import Testing

@Suite struct `The executor's policy` {
    private func request(
        userSlot: Int = 0, root: String = "host", code: String = "/var/lib/lambdad/code/x", runtime: String? = nil,
        memory: Int = 128, storage: Int = 512, network: SandboxRequest.Network = .loopback
    ) throws -> SandboxRequest {
        SandboxRequest(
            environment: .random(), functionName: try #require(FunctionName("f")), userSlot: userSlot, root: root,
            codeDirectory: code, runtimeDirectory: runtime, memorySize: memory, ephemeralStorage: storage,
            network: network, servicesPort: nil)
    }

    @Test func `has defaults for everything`() throws {
        let policy = try SandboxPolicy(parsing: "")
        #expect(policy == SandboxPolicy())
        #expect(policy.group == "lambdad")
        #expect(policy.uidBase == 1_879_048_192)
        #expect(policy.roots == ["host"])
        #expect(!policy.hostNetwork)
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
        #expect(policy.hostEtc == "/srv/etc")
        #expect(policy.cgroup == "/x.slice/y")
        #expect(policy.sandboxLimit == 3)
        #expect(policy.identities(slot: 1) == SandboxIdentities(function: 2_000_000_002, initProcess: 2_000_000_003))
    }

    @Test(arguments: [
        ("group = ", 2), ("group = a b", 2), ("uid_base = 0", 2), ("uid_base = 1000", 2), ("uid_base = x", 2),
        ("uid_count = 3", 0), ("uid_base = 4294000000\nuid_count = 16777216", 0), ("roots = ../x", 2),
        ("roots = ", 2), ("roots = .hidden", 2), ("code_directories = relative", 2), ("code_directories = /a/../b", 2),
        ("code_directories = /a/", 2), ("code_directories = /", 2), ("memory_max = 1", 2), ("tmp_max = 0", 2),
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
