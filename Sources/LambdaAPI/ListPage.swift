import LambdaCore

extension Paging {
    /// The page, and the answer's `NextMarker` where there is another one.
    ///
    /// - Parameters:
    ///   - entries: In any order.
    ///   - key: What orders the entries, byte by byte; no two have the same.
    func page<Entry>(of entries: some Sequence<Entry>, by key: (Entry) -> String) -> ListPage<Entry> {
        let sorted = entries.map { (key: key($0), entry: $0) }
            .filter { entry in self.after.map { $0.utf8.lexicographicallyPrecedes(entry.key.utf8) } ?? true }
            .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        let shown = sorted.prefix(self.limit)
        let isLast = shown.count == sorted.count
        return ListPage(
            entries: shown.map(\.entry),
            nextMarker: isLast ? nil : shown.last.map { Paging.marker(after: $0.key) })
    }
}

/// One page of a list.
struct ListPage<Entry> {
    let entries: [Entry]
    /// Opaque to the caller; `nil` on the last page.
    let nextMarker: String?

    /// The answer of a list operation: its entries under `name`, and `NextMarker` where there is more.
    func answer(_ name: String, _ shape: (Entry) -> JSONObject) -> JSONObject {
        var answer = JSONObject()
        if let nextMarker { answer["NextMarker"] = .string(nextMarker) }
        answer[name] = .array(self.entries.map { .object(shape($0)) })
        return answer
    }
}
