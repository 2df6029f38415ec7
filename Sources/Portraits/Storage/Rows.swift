import UsageModel

/// A growable row of plain values whose owner frees it by hand.
///
/// Hot state lives in these instead of in arrays: an array inside a class or behind a pointer costs
/// an exclusivity and a uniqueness check at every write. It is a plain value itself, so rows of
/// structures that hold rows need no reference counting; whoever holds one calls `deallocate` once.
struct Rows<Element: BitwiseCopyable>: BitwiseCopyable {
    private var storage: UnsafeMutablePointer<Element>?
    private var length: UInt32 = 0
    private var capacity: UInt32 = 0

    var count: Int { Int(length) }
    var isEmpty: Bool { length == 0 }
    var indices: Range<Int> { 0..<Int(length) }

    /// Valid until the next change of length; only while there are elements.
    var base: UnsafeMutablePointer<Element> { storage.unsafelyUnwrapped }

    subscript(index: Int) -> Element {
        get {
            assert(index >= 0 && index < count)
            return base[index]
        }
        nonmutating set {
            assert(index >= 0 && index < count)
            base[index] = newValue
        }
    }

    mutating func append(_ element: Element) {
        if length == capacity { grow(to: count + 1) }
        (base + count).initialize(to: element)
        length += 1
    }

    mutating func insert(_ element: Element, at index: Int) {
        assert(index >= 0 && index <= count)
        if length == capacity { grow(to: count + 1) }
        (base + index + 1).update(from: base + index, count: count - index)
        base[index] = element
        length += 1
    }

    mutating func removeLast() {
        assert(length > 0)
        length -= 1
    }

    mutating func removeFirst(_ removed: Int) {
        assert(removed <= count)
        guard removed > 0 else { return }
        base.update(from: base + removed, count: count - removed)
        length -= UInt32(removed)
    }

    /// Moves the last element into the place of the one at `index`.
    mutating func swapRemove(at index: Int) {
        base[index] = base[count - 1]
        length -= 1
    }

    mutating func removeAll(where isRemoved: (Element) -> Bool) {
        var kept = 0
        for index in 0..<count where !isRemoved(base[index]) {
            base[kept] = base[index]
            kept += 1
        }
        length = UInt32(kept)
    }

    mutating func removeAll() { length = 0 }

    /// Lengthens it to at least `count` elements, the new ones `filler`.
    mutating func extend(toCount count: Int, filler: Element) {
        guard count > self.count else { return }
        if count > Int(capacity) { grow(to: count) }
        (base + self.count).initialize(repeating: filler, count: count - self.count)
        length = UInt32(count)
    }

    /// Makes room for `count` elements and no more, in rows that have none yet.
    mutating func reserve(exactly count: Int) {
        precondition(storage == nil, "rows with memory grow by themselves")
        storage = HugePages.allocate(count).baseAddress
        capacity = UInt32(count)
    }

    /// Counts elements in that were copied into reserved memory.
    mutating func setCount(_ count: Int) {
        precondition(count <= Int(capacity), "more elements than memory")
        length = UInt32(count)
    }

    /// Frees the memory; no copy may be used afterwards.
    func deallocate() { HugePages.free(UnsafeMutableBufferPointer(start: storage, count: Int(capacity))) }

    init() {}

    /// By half while it is short, then by a quarter: a doubling would leave a quarter of the memory
    /// unused on average.
    @inline(never)
    private mutating func grow(to needed: Int) {
        let old = Int(capacity)
        let newCapacity = max(needed, 4, old + old / (old < 16 ? 2 : 4))
        let new = HugePages.allocate(newCapacity, of: Element.self)
        if count > 0 { new.baseAddress?.update(from: base, count: count) }
        deallocate()
        storage = new.baseAddress
        capacity = UInt32(newCapacity)
    }
}
