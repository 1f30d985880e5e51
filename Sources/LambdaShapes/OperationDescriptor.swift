/// How an operation is addressed and answered. The instances are generated from AWS's service model.
package struct OperationDescriptor: Sendable {
    package let method: String
    /// Segments in braces are labels.
    package let path: String
    /// A query parameter that tells this operation from another one with the same method and path.
    package let constantQuery: (name: String, value: String)?
    package let successStatus: Int
    package let input: Shape

    init(
        method: String, path: String, constantQuery: (name: String, value: String)? = nil, successStatus: Int,
        input: Shape
    ) {
        self.method = method
        self.path = path
        self.constantQuery = constantQuery
        self.successStatus = successStatus
        self.input = input
    }

    /// The members of the input in the model's order.
    package var members: [Member] {
        if case .structure(let rule) = self.input { rule.members } else { [] }
    }
}

extension Operation {
    /// `nil` for no operation: the generator writes one for each, and a test counts them.
    package var descriptor: OperationDescriptor? { OperationDescriptor.generated[self] }

    /// The HTTP status of a successful answer, from 200 through 299.
    package var successStatus: Int { self.descriptor?.successStatus ?? 200 }

    /// The member that is the whole body of the request, where there is one.
    package var payloadMember: String? { self.descriptor?.members.first { $0.location == .payload }?.name }
}
