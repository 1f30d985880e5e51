import Testing

@testable import HostFiles

@Suite struct `The table of mounts` {
    private static let table = """
        22 28 0:21 / /proc rw,nosuid - proc proc rw
        36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:2 - ext4 /dev/root rw,errors=continue
        40 28 0:45 / /home/ann rw,relatime - fuse.sshfs host:/ rw
        41 28 259:1048577 / /big rw - xfs /dev/x rw
        bad line
        """

    @Test(arguments: [(98 << 8, "ext4"), (45, "fuse.sshfs"), (0x1000_0000_3010_0000 >> 0, nil)] as [(UInt64, String?)])
    func `names a filesystem by its device`(device: UInt64, type: String?) {
        #expect(MountTable.type(ofDevice: device, in: Self.table) == type)
    }

    @Test func `takes large numbers apart as the kernel puts them together`() {
        // 259 and 1048577: the low bits of the minor number are at 0, the others from 20 on.
        let device: UInt64 = (259 << 8) | (1_048_577 & 0xFF) | ((1_048_577 & ~0xFF) << 12)
        #expect(MountTable.type(ofDevice: device, in: Self.table) == "xfs")
    }
}
