internal import ServicesEndpoint

/// Settings of how long calls of the services endpoint may take.
extension ServiceTimeouts {
    init(_ reader: SettingReader) throws(Configuration.ConfigurationError) {
        self.init(
            connect: try reader.seconds("services_connect_timeout", or: 5, range: 1...300),
            answer: try reader.seconds("services_timeout", or: 10, range: 1...900),
            object: try reader.seconds("services_object_timeout", or: 60, range: 1...3_600))
    }
}
