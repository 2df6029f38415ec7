import CMemory

/// Memory in large pieces, on huge pages where the kernel has them to give.
///
/// Ten million users are gigabytes, and each page that is touched for the first time is a fault: two fifths of a
/// restart's processor time with pages of 4 KiB, on a virtual machine. What is smaller than a huge page is ordinary
/// memory.
public enum HugePages {
    static let byteCount = Int(CMEMORY_HUGE_PAGE_BYTES)

    /// Room for `count` elements, uninitialised. To be given back with `free`, and with nothing else.
    public static func allocate<Element: BitwiseCopyable>(
        _ count: Int, of: Element.Type = Element.self
    ) -> UnsafeMutableBufferPointer<Element> {
        let byteCount = count * MemoryLayout<Element>.stride
        guard byteCount >= Self.byteCount else { return .allocate(capacity: count) }
        let memory = cmemory_map(byteCount).unsafelyUnwrapped
        return UnsafeMutableBufferPointer(start: memory.bindMemory(to: Element.self, capacity: count), count: count)
    }

    /// The same, with all bits zero. Of large memory nothing is touched.
    static func allocateZeroed<Element: BitwiseCopyable>(
        _ count: Int, of: Element.Type = Element.self
    ) -> UnsafeMutableBufferPointer<Element> {
        let elements = allocate(count, of: Element.self)
        let byteCount = count * MemoryLayout<Element>.stride
        if byteCount < Self.byteCount, let start = elements.baseAddress {
            start.withMemoryRebound(to: UInt8.self, capacity: byteCount) {
                $0.initialize(repeating: 0, count: byteCount)
            }
        }
        return elements
    }

    public static func free<Element: BitwiseCopyable>(_ elements: UnsafeMutableBufferPointer<Element>) {
        let byteCount = elements.count * MemoryLayout<Element>.stride
        if byteCount < Self.byteCount { elements.deallocate() } else { cmemory_unmap(elements.baseAddress, byteCount) }
    }
}
