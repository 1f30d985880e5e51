/// The name of a runtime's build, as `RuntimeVersionConfig` and INIT_START show it.
package enum RuntimeVersion {
    /// `arn:aws:lambda:REGION::runtime:` and 64 hex digits. AWS shows a hash of the build; here they follow from the
    /// runtime's id, which is as stable and as opaque.
    package static func arn(runtime: String, region: Region) -> String {
        var digits = ""
        // FNV-1a with four seeds: an identifier that is the same after a restart, not a checksum of anything.
        for seed in UInt64(0)..<4 {
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ (seed &* 0x9e37_79b9_7f4a_7c15)
            for byte in runtime.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            digits += Hexadecimal.encode((0..<8).map { UInt8(truncatingIfNeeded: hash >> (8 * UInt64($0))) })
        }
        return "arn:aws:lambda:\(region)::runtime:\(digits)"
    }
}
