import Gzip
import Hummingbird
import NIOCore

/// A request's body as it comes, unpacked where it is packed, with bounds on how long it may become.
///
/// A body of some kilobytes can be packed to unfold into gigabytes. Nothing is unpacked before the piece before it
/// was taken, and a body that unfolds beyond all proportion is refused long before its length would be.
struct ContentDecoding {
    private let inflater: Inflater?
    private let limit: Limit
    private var input = ByteBuffer()
    private var received = 0
    private var produced = 0
    private var isFed = false

    /// The most that a body may have, and the setting's name.
    struct Limit {
        var bytes: Int
        var setting: String
    }

    /// What one step unpacks: a piece that the line decoder takes at once.
    private static let pieceBytes = 64 << 10
    /// JSON and line protocol are packed to a tenth, machine-made ones to a fiftieth; zlib's worst is 1,032.
    private static let greatestRatio = 200
    /// So much may come out of any body, however small: a batch of like events is packed very well.
    private static let bytesOfAnyRatio = 1 << 20

    init(_ headers: HTTPFields, limit: Limit) throws(RequestRefusal) {
        self.limit = limit
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit.bytes {
            throw Self.tooLarge(limit)
        }
        switch headers[.contentEncoding]?.lowercased() {
        case nil, "", "identity": inflater = nil
        case "gzip", "x-gzip", "deflate":
            do throws(InflateError) {
                inflater = try Inflater(outputByteCount: Self.pieceBytes)
            } catch {
                throw .busy("there is no memory to unpack the body")
            }
        case let encoding?:
            throw RequestRefusal(
                status: .badRequest, code: "bad_encoding",
                detail: "Content-Encoding \"\(encoding)\" is unknown; send gzip, deflate, or the body as it is")
        }
    }

    /// Takes what came next; `next` is then to be asked until it has nothing more.
    mutating func feed(_ buffer: consuming ByteBuffer) {
        received += buffer.readableBytes
        isFed = isFed || buffer.readableBytes > 0
        input = buffer
    }

    /// The next piece of the body as it was before it was packed.
    mutating func next() throws(RequestRefusal) -> ByteBuffer? {
        guard let inflater else {
            guard input.readableBytes > 0 else { return nil }
            guard received <= limit.bytes else { throw Self.tooLarge(limit) }
            defer { input = ByteBuffer() }
            return input
        }
        while true {
            var piece = ByteBuffer()
            let used: Int
            do {
                used = try input.withUnsafeReadableBytes { try inflater.inflate($0) { piece.writeBytes($0) } }
            } catch {
                throw RequestRefusal(
                    status: .badRequest, code: "bad_encoding", detail: "the body is not valid gzip or zlib data")
            }
            input.moveReaderIndex(forwardBy: used)
            produced += piece.readableBytes
            guard produced <= limit.bytes else { throw Self.tooLarge(limit) }
            guard produced <= max(Self.bytesOfAnyRatio, received * Self.greatestRatio) else {
                throw .tooLarge(
                    "the body unfolds to more than \(Self.greatestRatio) times its length; send it unpacked, or in parts"
                )
            }
            if piece.readableBytes > 0 { return piece }
            if used == 0 || input.readableBytes == 0 { return nil }
        }
    }

    /// To be called behind the last piece. An empty body is none, also where it is said to be packed.
    func finish() throws(RequestRefusal) {
        guard let inflater, isFed, !inflater.isBetweenMembers else { return }
        throw RequestRefusal(
            status: .badRequest, code: "bad_encoding", detail: "the body's packed data ends before its end")
    }

    private static func tooLarge(_ limit: Limit) -> RequestRefusal {
        .tooLarge("the body is longer than \(limit.bytes) bytes (\(limit.setting)); send it in parts")
    }
}
