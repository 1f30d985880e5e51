import LambdaCore

/// A function URL as the API shows it. The three forms differ as AWS's do.
struct FunctionURLShape {
    private let url: FunctionURLRecord
    private let text: String

    /// - Parameter host: The `Host` header of the request that asks; see ``FunctionURLRecord/text(host:domain:)``.
    init(_ url: FunctionURLRecord, host: String, domain: String?) {
        self.url = url
        self.text = url.text(host: host, domain: domain)
    }

    /// Without the mode unless it was given, and without the time of the last change.
    var created: JSONObject { self.shape(mode: self.url.invokeMode, modified: nil) }

    /// Without the mode unless it was ever given.
    var updated: JSONObject { self.shape(mode: self.url.invokeMode, modified: self.url.modified) }

    var read: JSONObject { self.shape(mode: self.url.invokeMode ?? .buffered, modified: self.url.modified) }

    private func shape(mode: FunctionURLRecord.InvokeMode?, modified: WallTime?) -> JSONObject {
        var shape = JSONObject()
        shape["FunctionUrl"] = .string(self.text)
        shape["FunctionArn"] = .string(self.url.arn)
        shape["AuthType"] = .string(self.url.authType.rawValue)
        if let cors = self.url.cors { shape["Cors"] = .object(FunctionURLShape.cors(cors)) }
        shape["CreationTime"] = .string(self.url.created.isoText)
        if let modified { shape["LastModifiedTime"] = .string(modified.isoText) }
        if let mode { shape["InvokeMode"] = .string(mode.rawValue) }
        return shape
    }

    private static func cors(_ cors: FunctionURLRecord.CORS) -> JSONObject {
        func list(_ texts: [String]?) -> JSONValue? { texts.map { .array($0.map { .string($0) }) } }
        var shape = JSONObject()
        shape["AllowCredentials"] = cors.allowCredentials.map { .bool($0) }
        shape["AllowHeaders"] = list(cors.allowHeaders)
        shape["AllowMethods"] = list(cors.allowMethods)
        shape["AllowOrigins"] = list(cors.allowOrigins)
        shape["ExposeHeaders"] = list(cors.exposeHeaders)
        shape["MaxAge"] = cors.maxAge.map { .number(String($0)) }
        return shape
    }
}

/// What a caller says of a function URL, judged by the model already.
struct FunctionURLSettings: Sendable {
    let authType: FunctionURLRecord.AuthType?
    let invokeMode: FunctionURLRecord.InvokeMode?
    /// `nil` where nothing is said; an empty configuration, by which tools take CORS away, is a `nil` inside.
    let cors: FunctionURLRecord.CORS??

    init(_ input: JSONObject) {
        self.authType = input["AuthType"]?.stringValue.flatMap { .init(rawValue: $0) }
        self.invokeMode = input["InvokeMode"]?.stringValue.flatMap { .init(rawValue: $0) }
        self.cors = input["Cors"]?.objectValue.map { FunctionURLSettings.cors($0) }
    }

    private static func cors(_ input: JSONObject) -> FunctionURLRecord.CORS? {
        func list(_ name: String) -> [String]? { input[name]?.arrayValue?.compactMap { $0.stringValue } }
        var cors = FunctionURLRecord.CORS()
        cors.allowCredentials = input["AllowCredentials"]?.boolValue
        cors.allowHeaders = list("AllowHeaders")
        cors.allowMethods = list("AllowMethods")
        cors.allowOrigins = list("AllowOrigins")
        cors.exposeHeaders = list("ExposeHeaders")
        cors.maxAge = input["MaxAge"]?.intValue
        return cors == FunctionURLRecord.CORS() ? nil : cors
    }
}
