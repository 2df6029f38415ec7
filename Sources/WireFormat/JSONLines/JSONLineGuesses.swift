import UsageModel

/// Which member comes next, guessed from the lines before.
///
/// One piece of code makes all lines of a sender, so behind a member there nearly always comes the one that came there
/// before, with the same white space. Its text is compared as a whole, where else the comma, the name and the colon are
/// scanned and the name looked up: 1,970 instructions a Segment call for finding all members in place of 3,430. A wrong
/// guess costs the comparison.
struct JSONLineGuesses {
    /// The text of a name as it stands between two values, `,"userId":`, and what it means there.
    struct Guess: BitwiseCopyable {
        fileprivate var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        fileprivate var count: UInt8 = 0
        /// A name means something in its object only, and the first one has no comma.
        fileprivate var place = Place.nowhere
        /// Which guess to try behind this one.
        fileprivate var next = JSONLineGuesses.unlearned
        fileprivate var field: JSONLineField?

        fileprivate init() {}

        fileprivate init(_ text: UnsafeRawBufferPointer, at place: Place, field: JSONLineField?) {
            count = UInt8(text.count)
            self.place = place
            self.field = field
            withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: text) }
        }

        fileprivate func isSame(as other: Guess) -> Bool {
            count == other.count && place == other.place && words == other.words
        }
    }

    /// Where in which object a name stands.
    struct Place: Equatable, BitwiseCopyable {
        private let number: UInt8

        fileprivate static let nowhere = Place(number: .max)

        private init(number: UInt8) { self.number = number }

        @inline(__always)
        init(_ scope: JSONLineScope, isFirst: Bool) { number = scope.rawValue << 1 | (isFirst ? 1 : 0) }
    }

    /// Behind these stand the ones that were learned, each in a place that its text tells: a sender of many shapes
    /// overwrites some.
    private static let learnedCount = 64
    /// What begins an object, one for each scope, and what could not be learned.
    private static let unlearned = UInt8(JSONLineScope.allCases.count)
    private static let firstLearned = Int(unlearned) + 1

    private let guesses: UnsafeMutablePointer<Guess>
    /// Which one came last. To be kept while an object that it names is read, and set again behind that.
    var last = unlearned

    /// - Parameter memory: of `memoryCount` guesses, which all readers of a decoder use one after the other.
    init(_ memory: UnsafeMutablePointer<Guess>) { guesses = memory }

    static let memoryCount = firstLearned + learnedCount

    static func allocateMemory() -> UnsafeMutablePointer<Guess> {
        let memory = UnsafeMutablePointer<Guess>.allocate(capacity: memoryCount)
        memory.initialize(repeating: Guess(), count: memoryCount)
        return memory
    }

    /// An object begins.
    @inline(__always)
    mutating func begin(_ scope: JSONLineScope) { last = scope.rawValue }

    /// Whether the member that comes next is the one that is expected; then the scanner moves behind its name and colon.
    @inline(__always)
    mutating func skipExpected(
        _ scanner: inout JSONScanner, _ progress: inout JSONScanner.Progress, at place: Place
    ) -> Bool {
        let index = guesses[Int(last)].next
        let guess = guesses + Int(index)
        guard guess.pointee.place == place,
            scanner.skipName(UnsafeRawBufferPointer(start: guess, count: Int(guess.pointee.count)), &progress)
        else { return false }
        last = index
        return true
    }

    /// What the name means that was skipped or learned last.
    @inline(__always)
    var field: JSONLineField? { guesses[Int(last)].field }

    /// Another name came: `text` with the colon and what white space there is.
    @inline(never)
    mutating func learn(_ text: UnsafeRawBufferPointer, at place: Place, field: JSONLineField?) {
        var index = Self.unlearned
        if JSONScanner.nameTextBytes.contains(text.count) {
            let new = Guess(text, at: place, field: field)
            let hash = (new.words.0 ^ new.words.1 &* 3 ^ new.words.2 &* 5 ^ new.words.3 &* 7) &* 0x9E37_79B9_7F4A_7C15
            index = UInt8(Self.firstLearned + Int(hash >> 32) % Self.learnedCount)
            if !guesses[Int(index)].isSame(as: new) { guesses[Int(index)] = new }
        } else {
            guesses[Int(index)].field = field
        }
        guesses[Int(last)].next = index
        last = index
    }
}
