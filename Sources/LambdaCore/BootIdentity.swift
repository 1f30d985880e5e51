/// Where the id of the running boot is found, by which what was before a power cut is told from what is after it.
package enum BootIdentity {
    /// Set by the unit, as `%b`.
    package static let variable = "LAMBDAD_BOOT_ID"
    /// Not there for a service with `ProcSubset=pid`.
    package static let path = "/proc/sys/kernel/random/boot_id"
}
