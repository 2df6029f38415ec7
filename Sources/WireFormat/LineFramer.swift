import Glibc

/// Cuts a stream of bytes into lines, in bounded memory and resumable at any byte.
///
/// A line ends at its first newline. Only a point of line protocol may be longer: when its parser says
/// that the line ends inside a quoted string, `extend` asks for the line up to the newline behind that
/// string. Such a string is given up when it is still open at `lineBytes`, at the end of the stream, or
/// when the caller says that the sender has fallen silent; then, as with every malformed point, the
/// line is what stands before its first newline, and the lines behind it are cut anew.
struct LineFramer {
    struct Frame {
        enum Kind {
            case line
            /// Longer than `lineBytes`; what follows up to the newline is skipped.
            case tooLong
            /// A point whose string was given up.
            case stringLeftOpen
            /// More of a line that was too long: nothing to look at.
            case skipped
        }

        var kind: Kind
        /// Where the line ends, its newline not included.
        var end: Int
        /// Where the next line begins.
        var next: Int
        /// The same two when the line turns out malformed. They differ from those above only when the
        /// line holds newlines.
        var firstEnd: Int
        var firstNext: Int

        init(_ kind: Kind, end: Int, next: Int) {
            self.kind = kind
            self.end = end
            self.next = next
            firstEnd = end
            firstNext = next
        }
    }

    let lineBytes: Int
    /// Bytes of the unfinished line that hold no newline.
    private var scanned = 0
    private var isSkipping = false
    private var openString: OpenStringFramer?

    init(lineBytes: Int) { self.lineBytes = lineBytes }

    /// A string was opened and is not closed yet, so lines wait behind it.
    var isInOpenString: Bool { openString?.isInString ?? false }

    /// The line that begins at `start`; nil when more bytes are needed to tell. `input` is everything
    /// received that is not consumed. O(bytes not seen before).
    @inline(__always)
    mutating func next(
        _ input: UnsafeRawBufferPointer, from start: Int, atEnd: Bool, givesUpOpenString: Bool
    ) -> Frame? {
        // A line that is there as a whole, as most are.
        if !isSkipping, openString == nil, let newline = Self.newline(input, from: start + scanned),
            newline - start <= lineBytes
        {
            scanned = 0
            return Frame(.line, end: newline, next: newline + 1)
        }
        return nextOther(input, from: start, atEnd: atEnd, givesUpOpenString: givesUpOpenString)
    }

    @inline(never)
    private mutating func nextOther(
        _ input: UnsafeRawBufferPointer, from start: Int, atEnd: Bool, givesUpOpenString: Bool
    ) -> Frame? {
        guard start < input.count else { return nil }
        if openString != nil {
            return nextExtended(input, from: start, atEnd: atEnd, givesUpOpenString: givesUpOpenString)
        }
        guard let newline = Self.newline(input, from: start + scanned) else {
            if isSkipping { return Frame(.skipped, end: input.count, next: input.count) }
            let length = input.count - start
            if length > lineBytes {
                isSkipping = true
                scanned = 0
                return Frame(.tooLong, end: input.count, next: input.count)
            }
            if atEnd {
                scanned = 0
                return Frame(.line, end: input.count, next: input.count)
            }
            scanned = length
            return nil
        }
        scanned = 0
        if isSkipping {
            isSkipping = false
            return Frame(.skipped, end: newline, next: newline + 1)
        }
        return Frame(newline - start > lineBytes ? .tooLong : .line, end: newline, next: newline + 1)
    }

    /// The line `frame` ends inside a quoted string. True when `next` shall be asked again, from the
    /// same start, for the longer line; false when there is none and the line is malformed.
    mutating func extend(_ frame: Frame, from start: Int) -> Bool {
        let hasNewline = frame.next > frame.end
        guard hasNewline, frame.firstEnd == frame.end else { return false }
        openString = OpenStringFramer(firstNewline: frame.end - start)
        return true
    }

    private mutating func nextExtended(
        _ input: UnsafeRawBufferPointer, from start: Int, atEnd: Bool, givesUpOpenString: Bool
    ) -> Frame? {
        guard var framer = openString else { return nil }
        let length = input.count - start
        let firstEnd = start + framer.firstNewline
        let end = framer.findEnd(input.slice(start..<input.count))
        var frame: Frame?
        if end ?? length > lineBytes {
            frame = Frame(.stringLeftOpen, end: firstEnd, next: firstEnd + 1)
        } else if let end {
            frame = Frame(.line, end: start + end, next: start + end + 1)
        } else if framer.isInString, atEnd || givesUpOpenString {
            frame = Frame(.stringLeftOpen, end: firstEnd, next: firstEnd + 1)
        } else if atEnd {
            frame = Frame(.line, end: input.count, next: input.count)
        }
        frame?.firstEnd = firstEnd
        frame?.firstNext = firstEnd + 1
        openString = frame == nil ? framer : nil
        return frame
    }

    @inline(__always)
    private static func newline(_ input: UnsafeRawBufferPointer, from offset: Int) -> Int? {
        guard let base = input.baseAddress, offset < input.count,
            let found = memchr(base + offset, Int32(UInt8(ascii: "\n")), input.count - offset)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
