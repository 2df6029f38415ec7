import UsageModel

/// The names that one block added, as they stand in the table `names` under the block's first seq.
///
/// The block's header holds a hash over kind, number and hash of each name, never over the name itself:
/// a name can be erased and the chain still holds. What stays behind is a 64-bit hash made with a
/// 64-bit salt that is erased with the name: about one salt fits every guess, so the hash tells
/// nothing about who it was.
enum NameRecord {
    /// "TNRNAMES"
    private static let magic: UInt64 = 0x5345_4D41_4E52_4E54
    private static let headerByteCount = 16
    private static let entryByteCount = 28

    enum State: UInt8 {
        case kept = 1
        case erased = 2
    }

    /// A name's place in its table and what is left of it.
    struct Name {
        var kind: NameKind
        var number: UInt32
        var state: State
        /// Empty when erased.
        var bytes: UnsafeRawBufferPointer
    }

    /// Appends a record of the names in `ranges`, and returns how many they are and the hash for the header.
    static func write(
        _ ranges: [(kind: NameKind, numbers: Range<UInt32>)], of names: NameTable, to buffer: ByteBuffer
    ) -> (count: UInt32, hash: Hash128) {
        buffer.append(magic)
        let count = ranges.reduce(0) { $0 + UInt32($1.numbers.count) }
        buffer.append(count)
        buffer.append(UInt32(0))
        let salts = SystemCall.random(Int(count))
        var written = 0
        let digest = ByteBuffer()
        for (kind, numbers) in ranges {
            for number in numbers {
                names.withBytes(of: number, kind: kind) { name in
                    let salt = salts[written]
                    written += 1
                    let hash = hash64(name, seed: salt)
                    writeEntry(kind, number, .kept, salt: salt, hash: hash, name, to: buffer)
                    add(kind, number, hash, to: digest)
                }
            }
        }
        return (count, Hash128(of: digest.bytes))
    }

    static func writeEntry(
        _ kind: NameKind, _ number: UInt32, _ state: State, salt: UInt64, hash: UInt64, _ name: UnsafeRawBufferPointer,
        to buffer: ByteBuffer
    ) {
        buffer.append(kind.rawValue)
        buffer.append(state.rawValue)
        buffer.append(UInt16(0))
        buffer.append(number)
        buffer.append(salt)
        buffer.append(hash)
        buffer.append(UInt32(name.count))
        buffer.append(name)
    }

    private static func add(_ kind: NameKind, _ number: UInt32, _ hash: UInt64, to digest: ByteBuffer) {
        digest.append(kind.rawValue)
        digest.append(number)
        digest.append(hash)
    }

    /// Checks a record against the header of its block and calls `body` with each name.
    static func read(
        _ value: UnsafeRawBufferPointer, of header: BlockHeader, _ body: (Name) throws(BlockFault) -> Void
    ) throws(BlockFault) {
        guard value.count >= headerByteCount, value.number(0) == magic, value.number(12, UInt32.self) == 0 else {
            throw .damaged(offset: 0, detail: "no name record begins here")
        }
        guard value.number(8) == header.nameCount else {
            throw .damaged(offset: 8, detail: "the block adds \(header.nameCount) names, the record says otherwise")
        }
        let digest = ByteBuffer()
        var offset = headerByteCount
        for _ in 0..<header.nameCount {
            let (name, hash, end) = try entry(value, at: offset)
            add(name.kind, name.number, hash, to: digest)
            try body(name)
            offset = end
        }
        guard offset == value.count else { throw .damaged(offset: offset, detail: "bytes behind the last name") }
        guard Hash128(of: digest.bytes) == header.namesHash else {
            throw .damaged("the names are not those that the block added")
        }
    }

    private static func entry(
        _ value: UnsafeRawBufferPointer, at offset: Int
    ) throws(BlockFault) -> (name: Name, hash: UInt64, end: Int) {
        let start = offset + entryByteCount
        guard start <= value.count, let kind = NameKind(rawValue: value[offset]),
            let state = State(rawValue: value[offset + 1]), value.number(offset + 2, UInt16.self) == 0
        else { throw .damaged(offset: offset, detail: "no name begins here") }
        let salt: UInt64 = value.number(offset + 8)
        let hash: UInt64 = value.number(offset + 16)
        let end = start + Int(value.number(offset + 24, UInt32.self))
        guard end <= value.count else { throw .damaged(offset: offset, detail: "a name runs over the record") }
        let bytes = value.slice(start..<end)
        switch state {
        case .kept:
            guard hash64(bytes, seed: salt) == hash else {
                throw .damaged(offset: start, detail: "a name's hash does not fit")
            }
        case .erased:
            guard bytes.isEmpty, salt == 0 else {
                throw .damaged(offset: offset, detail: "an erased name left something behind")
            }
        }
        let name = Name(kind: kind, number: value.number(offset + 4), state: state, bytes: bytes)
        return (name, hash, end)
    }
}
