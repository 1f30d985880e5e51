import LambdaCore

/// What a creation or an update becomes once it is done.
enum FunctionTransition {
    static let creating = FunctionRecord.Reason(text: "The function is being created.", code: "Creating")
    /// This server runs no images: AWS's code for one that cannot be used, with the true reason.
    static let imageUnavailable = FunctionRecord.Reason(
        text: "Container images are not available on this server yet.", code: "InvalidImage")

    /// Whether `record` is between its two writes.
    static func isUnfinished(_ record: FunctionRecord) -> Bool {
        record.state == .pending || record.updateStatus == .inProgress
    }

    /// Pending becomes Active, InProgress becomes Successful; an image becomes Failed.
    static func finish(_ record: inout FunctionRecord) {
        switch record.packageType {
        case .zip:
            record.state = .active
            record.stateReason = nil
            record.updateStatus = .successful
            record.updateReason = nil
        case .image:
            if record.updateStatus == .inProgress {
                record.updateStatus = .failed
                record.updateReason = self.imageUnavailable
            }
            record.state = .failed
            record.stateReason = self.imageUnavailable
        }
    }

    /// - Throws: AWS's conflict where no other change may begin now.
    static func requireSettled(_ record: FunctionRecord) throws(APIError) {
        guard record.state != .pending else { throw .wrongState(record.state) }
        guard record.updateStatus != .inProgress else { throw .updateInProgress(record.key) }
    }
}
