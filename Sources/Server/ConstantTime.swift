/// Comparing secrets.
enum ConstantTime {
    /// Looks at every byte of `presented`, whatever the first ones were, so that the time taken tells how long it is and
    /// nothing about `secret`, which must not be empty.
    static func isEqual(_ presented: [UInt8], to secret: [UInt8]) -> Bool {
        var difference = UInt(bitPattern: presented.count ^ secret.count)
        for index in presented.indices { difference |= UInt(presented[index] ^ secret[index % secret.count]) }
        return difference == 0
    }
}
