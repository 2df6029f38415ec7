import CLMDB

/// A return code of the C library (or an errno that it passed on), and the call that returned it.
public struct LMDBError: Error, Sendable, Equatable {
    /// Negative: LMDB's own codes; positive: errno.
    public var code: Int32
    public var call: StaticName

    /// The name of a C function. A string literal, so that throwing allocates nothing.
    public struct StaticName: Sendable, Equatable, CustomStringConvertible, ExpressibleByStringLiteral {
        let text: StaticString

        public init(stringLiteral value: StaticString) { text = value }

        public var description: String { text.description }

        public static func == (left: StaticName, right: StaticName) -> Bool { left.description == right.description }
    }

    public init(code: Int32, call: StaticName) {
        self.code = code
        self.call = call
    }
}

extension LMDBError: CustomStringConvertible {
    /// lmdb.h: "If the error code is greater than or equal to 0, then the string returned by the system
    /// function strerror(3) is returned. If the error code is less than 0, an error string
    /// corresponding to the LMDB library error is returned."
    public var description: String { "\(call): \(String(cString: mdb_strerror(code)))" }
}
