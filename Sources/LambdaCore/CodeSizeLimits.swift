/// How large code may be. AWS has one set of numbers for everybody; a server of one's own may have others.
package struct CodeSizeLimits: Sendable, Equatable {
    /// Bytes of a zip that is inside a request.
    package var zipped: Int
    /// Bytes of a function's code and layers, extracted.
    package var unzipped: Int
    /// Bytes of a whole request that brings code.
    package var request: Int

    package init(
        zipped: Int = Limits.zippedCodeBytes, unzipped: Int = Limits.unzippedCodeBytes,
        request: Int = Limits.controlPlaneRequestBytes
    ) {
        self.zipped = zipped
        self.unzipped = unzipped
        self.request = request
    }
}
