internal import Glibc

/// The one owner of an open descriptor.
package struct Descriptor: ~Copyable {
    package let number: Int32

    package init(owning number: Int32) { self.number = number }

    deinit { _ = Glibc.close(self.number) }

    /// Hands the descriptor to whoever the number is given to.
    package consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }
}

/// The number of an optional descriptor; `?.` would consume it.
func number(of descriptor: borrowing Descriptor?) -> Int32? {
    switch descriptor {
    case .some(let open): open.number
    case .none: nil
    }
}
