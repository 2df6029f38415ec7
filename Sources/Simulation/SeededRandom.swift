/// SplitMix64 (Steele, Lea, Flood 2014): eight bytes of state, so that every simulated company can
/// have a generator of its own, and the same numbers on every machine.
struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    @inline(__always)
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    /// The output function alone: turns neighbouring numbers into unrelated ones.
    @inline(__always)
    static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Uniform in 0 ..< 1, from the upper 53 bits.
    @inline(__always)
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in `low ..< high`.
    @inline(__always)
    mutating func between(_ low: Double, _ high: Double) -> Double { low + unit() * (high - low) }

    /// Uniform in 0 ..< `bound`, which must be positive and below 2^32. The bias of multiplying
    /// instead of rejecting is below 2^-32 a draw: nothing here could notice it.
    @inline(__always)
    mutating func below(_ bound: Int) -> Int { Int(((next() >> 32) &* UInt64(bound)) >> 32) }

    @inline(__always)
    mutating func chance(_ probability: Double) -> Bool { unit() < probability }
}
