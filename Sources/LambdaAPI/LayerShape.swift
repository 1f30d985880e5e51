import LambdaCore

/// Layer versions as the API shows them. Members without a value are left out, as AWS does; the order is the model's.
enum LayerShape {
    /// What PublishLayerVersion and GetLayerVersion answer.
    ///
    /// - Parameter location: Where the content can be read for a while.
    static func version(_ record: LayerVersionRecord, location: String) -> JSONObject {
        var content = JSONObject()
        content["Location"] = .string(location)
        content["CodeSha256"] = .string(record.code.base64)
        content["CodeSize"] = .number(String(record.code.size))
        var shape = JSONObject()
        shape["Content"] = .object(content)
        shape["LayerArn"] = .string(record.layerARN)
        shape["LayerVersionArn"] = .string(record.versionARN)
        shape["Description"] = .string(record.summary)
        shape["CreatedDate"] = .string(record.created.lastModifiedText)
        shape["Version"] = .number(String(record.number))
        self.addCompatibility(of: record, to: &shape)
        return shape
    }

    /// One entry of ListLayerVersions.
    static func listed(_ record: LayerVersionRecord) -> JSONObject {
        var shape = JSONObject()
        shape["LayerVersionArn"] = .string(record.versionARN)
        shape["Version"] = .number(String(record.number))
        shape["Description"] = .string(record.summary)
        shape["CreatedDate"] = .string(record.created.lastModifiedText)
        self.addCompatibility(of: record, to: &shape)
        return shape
    }

    /// One entry of ListLayers.
    static func layer(latest record: LayerVersionRecord) -> JSONObject {
        [
            "LayerName": .string(record.layer), "LayerArn": .string(record.layerARN),
            "LatestMatchingVersion": .object(self.listed(record)),
        ]
    }

    private static func addCompatibility(of record: LayerVersionRecord, to shape: inout JSONObject) {
        if let runtimes = record.compatibleRuntimes {
            shape["CompatibleRuntimes"] = .array(runtimes.map { .string($0) })
        }
        if !record.licenseInfo.isEmpty { shape["LicenseInfo"] = .string(record.licenseInfo) }
        if let architectures = record.compatibleArchitectures {
            shape["CompatibleArchitectures"] = .array(architectures.map { .string($0) })
        }
    }
}
