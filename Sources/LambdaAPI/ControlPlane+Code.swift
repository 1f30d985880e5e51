import LambdaCore
import Logging
import NIOHTTP1
import SigV4

/// Code that a record can refer to from now on.
struct PlacedCode: Sendable {
    let code: CodeReference
    var hotReloadPath: String?
    var imageURI: String?

    /// The package type of a function that has this code.
    var packageType: FunctionRecord.PackageType { self.imageURI == nil ? .zip : .image }
}

extension ControlPlane {
    /// Brings the code of a request where it can be run from: fetched, checked, extracted, on disk.
    ///
    /// - Parameter isDryRun: Checks all of it and keeps nothing.
    func place(_ source: CodeSource, isDryRun: Bool = false, _ call: Call) async throws(APIError) -> PlacedCode {
        switch source {
        case .zip(let zip): return try await self.place(zip: zip, isDryRun: isDryRun, call)
        case .object(let bucket, let key, let version):
            let zip = try await self.fetch(bucket: bucket, key: key, version: version, call)
            return try await self.place(zip: zip, isDryRun: isDryRun, call)
        case .hotReload(let key):
            let path = try HotReloadDirectory.check(key, allowed: self.configuration.hotReloadDirectories)
            return PlacedCode(code: .hotReload, hotReloadPath: path)
        case .image(let uri): return PlacedCode(code: ImageReference(uri).code, imageURI: uri)
        }
    }

    /// Where code can be read from: for ten minutes where it is a zip. Of a directory there is no zip, so its own address
    /// says where the code really is.
    func location(of code: CodeReference, hotReloadPath: String?, _ call: Call) -> String {
        if let hotReloadPath { return "file://\(PercentEncoding.encode(hotReloadPath, keepSlash: true))" }
        return self.links.location(of: code, host: call.request.headers.first(name: "Host") ?? "localhost")
    }

    private func place(zip: [UInt8], isDryRun: Bool, _ call: Call) async throws(APIError) -> PlacedCode {
        do {
            return PlacedCode(code: isDryRun ? try await self.code.check(zip: zip) : try await self.code.add(zip: zip))
        } catch { throw self.codeFailure(error, call.requestID) }
    }

    private func fetch(
        bucket: String, key: String, version: String?, _ call: Call
    ) async throws(APIError) -> [UInt8] {
        guard let objects = self.configuration.objects else { throw .noObjectStore }
        do {
            return try await objects.object(
                bucket: bucket, key: key, version: version, region: call.caller.region,
                limit: self.configuration.codeSizes.unzipped)
        } catch {
            switch error {
            case .refused(let code, let message): throw .objectRefused(code: code, message: message)
            // A zip is no smaller than what is worth zipping: one above this limit holds more than the limit.
            case .tooLarge(let limit): throw .unzippedTooLarge(limit)
            case .unavailable(let reason):
                self.log.warning(
                    "an object could not be read", metadata: ["request": "\(call.requestID)", "reason": "\(reason)"])
                throw .objectStoreUnavailable
            }
        }
    }

    /// - Throws: Where the account has no room in this region for so many bytes more.
    ///
    /// To be called inside a transaction of ``change(_:_:)``: there the catalog is the store's own state.
    func requireCodeStorage(for bytes: Int, in scope: Scope) throws(APIError) {
        guard bytes > 0 else { return }
        guard self.catalog.codeStorage(of: scope) + bytes <= self.configuration.codeStorageBytes else {
            throw .codeStorageExceeded
        }
    }
}
