import AllocationCounter

/// How many blocks of memory a piece of work asked for, on all threads, and who did.
struct AllocationCount {
    let total: Int
    /// Of the first some thousands.
    private let askers: [Asker: Int]

    /// Functions from the inside out; the library is that which called `malloc`.
    fileprivate struct Asker: Hashable {
        var library: String
        var functions: [String]
    }

    static func of(_ work: () throws -> Void) rethrows -> AllocationCount {
        allocation_counter_start()
        defer { allocation_counter_stop() }
        try work()
        return AllocationCount(total: Int(allocation_counter_stop()))
    }

    private init(total: Int) {
        self.total = total
        var askers: [Asker: Int] = [:]
        for index in 0..<total {
            var addresses: UnsafePointer<UnsafeMutableRawPointer?>?
            let depth = Int(allocation_counter_stack(UInt64(index), &addresses))
            guard depth > 0, let addresses else { break }
            askers[Asker(UnsafeBufferPointer(start: addresses, count: depth)), default: 0] += 1
        }
        self.askers = askers
    }

    /// How many of those whose stack was kept came from a library with this name.
    func count(from library: String) -> Int {
        askers.reduce(0) { $0 + ($1.key.library.hasPrefix(library) ? $1.value : 0) }
    }

    /// How many of those whose stack was kept were made in or beneath a function whose name begins so.
    func count(beneath function: String) -> Int {
        askers.reduce(0) { sum, asker in
            sum + (asker.key.functions.contains { $0.hasPrefix(function) } ? asker.value : 0)
        }
    }

    /// The most frequent stacks, as text.
    func stacks(notFrom libraries: [String] = []) -> String {
        askers.filter { asker, _ in !libraries.contains { asker.library.hasPrefix($0) } }
            .sorted { $0.value > $1.value }.prefix(Self.stacksShown)
            .map { asker, count in "  \(count) ×\n" + asker.functions.map { "    \($0)\n" }.joined() }.joined()
    }

    private static let stacksShown = 8
}

extension AllocationCount.Asker {
    fileprivate init(_ addresses: UnsafeBufferPointer<UnsafeMutableRawPointer?>) {
        library = ""
        functions = []
        for (place, address) in addresses.enumerated() {
            var function: UnsafePointer<CChar>?
            var file: UnsafePointer<CChar>?
            let offset = allocation_counter_name(address, &function, &file)
            let fileName = file.flatMap { String(cString: $0).split(separator: "/").last.map(String.init) } ?? "?"
            if place == 0 { library = fileName }
            functions.append(function.map { String(cString: $0) } ?? "\(fileName)+0x\(String(offset, radix: 16))")
        }
    }
}
