import Server
import Testing

@Suite("Limits of the listeners")
struct ServerLimitsTests {
    @Test("with files enough the limits stay as they are set")
    func enough() {
        var limits = ServerLimits()
        let changed = limits.fit(openFiles: 1_024 * 4 / 3 + 256 + ServerLimits.reservedFiles)
        #expect(!changed && limits == ServerLimits())
    }

    @Test(
        "with fewer, connections leave the reserve alone, and both kinds have some", arguments: [0, 64, 70, 160, 1_024])
    func fewer(openFiles: Int) {
        var limits = ServerLimits()
        let changed = limits.fit(openFiles: openFiles)
        #expect(changed)
        #expect(limits.httpConnections >= 1 && limits.ingestConnections >= 1)
        #expect(
            limits.httpConnections + limits.ingestConnections <= max(openFiles - ServerLimits.reservedFiles, 2))
    }
}
