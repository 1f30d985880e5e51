internal import LambdaCore

/// Settings of how large code may be.
extension CodeSizeLimits {
    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        // A gigabyte: requests and zips are held in memory. What is extracted is on disk.
        let inMemory = 1...1_073_741_824
        self.init(
            zipped: try reader.number("code_size_zipped", or: Limits.zippedCodeBytes, range: inMemory),
            unzipped: try reader.number(
                "code_size_unzipped", or: Limits.unzippedCodeBytes, range: 1...1_099_511_627_776),
            request: try reader.number("code_request_size", or: Limits.controlPlaneRequestBytes, range: inMemory))
    }
}
