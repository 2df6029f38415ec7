import Foundation
import TestSupport

/// Makes inputs from valid ones: bytes and words that mean something are put in, left out, repeated and
/// moved, between inputs too.
struct Mutator {
    private let corpus: [[UInt8]]
    /// Bytes that mean something to the grammar.
    private let signs: [UInt8]
    /// Words that mean something to the grammar.
    private let words: [[UInt8]]
    /// How far from its beginning half of an input's changes lie; where nearly all meaning stands in front.
    private let frontByteCount: Int

    init(corpus: [[UInt8]], signs: [UInt8], words: [[UInt8]] = [], frontByteCount: Int = .max) {
        precondition(!corpus.isEmpty && !signs.isEmpty, "nothing to start from")
        self.corpus = corpus
        self.signs = signs
        self.words = words.isEmpty ? [signs] : words
        self.frontByteCount = frontByteCount
    }

    /// The files of a target's folder in `Corpus`, in order of their names.
    static func files(_ target: String) throws -> [[UInt8]] {
        let folder = Repository.root.appending(path: "Tests/FuzzTests/Corpus/" + target)
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
            [UInt8](try Data(contentsOf: folder.appending(path: $0)))
        }
    }

    /// One of the valid inputs, a few of them behind each other at times.
    func seed(_ random: inout SeededRandom, into input: inout [UInt8]) {
        input.removeAll(keepingCapacity: true)
        input.append(contentsOf: random.pick(corpus))
    }

    /// An input with up to eight changes; one in sixteen has none.
    func next(_ random: inout SeededRandom, into input: inout [UInt8]) {
        seed(&random, into: &input)
        guard random.below(16) > 0 else { return }
        for _ in 0...random.below(8) { change(&input, &random) }
    }

    /// One change.
    func change(_ input: inout [UInt8], _ random: inout SeededRandom) {
        let place = self.place(input.count, &random)
        switch random.below(14) {
        case 0: input.insert(random.pick(signs), at: place)
        case 1 where place < input.count: input[place] = random.pick(signs)
        case 2 where place < input.count: input[place] = UInt8(truncatingIfNeeded: random.next())
        case 3 where place < input.count: input[place] ^= 1 << UInt8(random.below(8))
        case 4 where place < input.count: input.remove(at: place)
        case 5: input.insert(contentsOf: random.pick(words), at: place)
        case 6: input.removeSubrange(stretch(input.count, from: place, &random))
        case 7: input.insert(contentsOf: input[stretch(input.count, from: place, &random)], at: place)
        case 8:
            let moved = Array(input[stretch(input.count, from: place, &random)])
            input.insert(contentsOf: moved, at: self.place(input.count, &random))
        case 9:
            let other = random.pick(corpus)
            input.insert(
                contentsOf: other[stretch(other.count, from: self.place(other.count, &random), &random)], at: place)
        case 10:
            let other = random.pick(corpus)
            input.replaceSubrange(place..., with: other[self.place(other.count, &random)...])
        case 11: input.insert(contentsOf: repeatElement(random.pick(signs), count: repeats(&random)), at: place)
        case 12 where place < input.count: input[place] &+= random.below(2) == 0 ? 1 : .max
        default: input.removeSubrange(place...)
        }
    }

    private func place(_ count: Int, _ random: inout SeededRandom) -> Int {
        let bound = random.below(2) == 0 ? min(count, frontByteCount) : count
        return Int(random.below(UInt64(bound) + 1))
    }

    /// Mostly short, since long ones leave little of the input.
    private func stretch(_ count: Int, from start: Int, _ random: inout SeededRandom) -> Range<Int> {
        let longest = random.below(4) == 0 ? count - start : min(count - start, 16)
        return start..<start + Int(random.below(UInt64(longest) + 1))
    }

    /// Now and then more than any limit allows.
    private func repeats(_ random: inout SeededRandom) -> Int {
        switch random.below(4_096) {
        case 0: 70_000
        case 1..<64: 1_000
        default: Int(random.below(40)) + 1
        }
    }
}
