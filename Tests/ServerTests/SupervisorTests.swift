import Testing

@testable import Server

@Suite("Notices to the service manager")
struct SupervisorTests {
    @Test("ready, status and stop are a datagram each")
    func notices() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/notify"
            let manager = try DatagramSocket(path: path)
            let supervisor = Supervisor(environment: ["NOTIFY_SOCKET": path], process: 7)
            supervisor.isReady("good")
            #expect(try manager.receive() == "READY=1\nSTATUS=good")
            supervisor.status("still good")
            #expect(try manager.receive() == "STATUS=still good")
            supervisor.isStopping()
            #expect(try manager.receive().hasPrefix("STOPPING=1\n"))
        }
    }

    @Test("progress of a replay is told with its share and asks for more time, but not at every block")
    func progress() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/notify"
            let manager = try DatagramSocket(path: path)
            let supervisor = Supervisor(environment: ["NOTIFY_SOCKET": path], process: 7)
            for seq in 41...44 { supervisor.replayed(UInt64(seq), of: 100) }
            let notice = try manager.receive()
            #expect(notice.hasPrefix("STATUS=replaying 41 % (41 of 100)\nEXTEND_TIMEOUT_USEC="))
            #expect(manager.isEmpty)
        }
    }

    @Test("signs of life go out at the pace of the watchdog")
    func liveness() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/notify"
            let manager = try DatagramSocket(path: path)
            let supervisor = Supervisor(
                environment: ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "7"], process: 7)
            #expect(supervisor.livenessMilliseconds == 30_000)
            for _ in 0..<1_000 { supervisor.isAlive() }
            #expect(try manager.receive() == "WATCHDOG=1")
            #expect(manager.isEmpty)
        }
    }

    @Test(
        "where nobody watches, or watches another process, there is no liveness",
        arguments: [
            [:], ["WATCHDOG_USEC": "60000000"], ["NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "x"],
            ["NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "8"],
        ])
    func unwatched(environment: [String: String]) {
        let supervisor = Supervisor(environment: environment, process: 7)
        #expect(supervisor.livenessMilliseconds == nil)
        supervisor.isAlive()
        supervisor.isReady("nobody hears it")
    }
}
