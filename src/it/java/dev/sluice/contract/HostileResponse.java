package dev.sluice.contract;

import java.util.Set;

/**
 * Bytes that a target should not answer with, or that are often read wrongly, and what may come of them. Immutable.
 *
 * @param name what is wrong
 * @param bytes what is sent (Latin-1)
 * @param method of the request that it answers
 * @param fates what may come of it
 * @param body what the client is to get of it if it passes
 */
record HostileResponse(String name, String bytes, String method, Set<Fate> fates, String body) {

    enum Fate {
        /** The client gets a 502 of Sluice's own. */
        BAD_GATEWAY,
        /** The client gets it as it was meant. */
        PASSED,
        /** The client sees that it is not whole. */
        BROKEN_OFF
    }

    HostileResponse {
        fates = Set.copyOf(fates);
    }

    static HostileResponse verbatim(String name, String bytes) {
        return new HostileResponse(name, bytes, "POST", Set.of(), "");
    }

    /** With this line, of a head that is proper but for that. */
    static HostileResponse statusLine(String name, String statusLine) {
        return verbatim(name, statusLine + "\r\nContent-Length: 2\r\n\r\nok");
    }

    /** With these header lines, of a head that is proper but for them. */
    static HostileResponse fieldLines(String name, String fieldLines) {
        return verbatim(name, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + fieldLines + "\r\n\r\nok");
    }

    /** With this framing of this body. */
    static HostileResponse framed(String name, String fieldLines, String body) {
        return verbatim(name, "HTTP/1.1 200 OK\r\n" + fieldLines + "\r\n\r\n" + body);
    }

    /** It answers a request of this method. */
    HostileResponse to(String itsMethod) {
        return new HostileResponse(name, bytes, itsMethod, fates, body);
    }

    HostileResponse badGateway() {
        return new HostileResponse(name, bytes, method, and(Fate.BAD_GATEWAY), body);
    }

    HostileResponse passes(String with) {
        return new HostileResponse(name, bytes, method, and(Fate.PASSED), with);
    }

    HostileResponse brokenOff() {
        return new HostileResponse(name, bytes, method, and(Fate.BROKEN_OFF), body);
    }

    private Set<Fate> and(Fate fate) {
        return HostileContract.union(fates, fate);
    }

    @Override
    public String toString() {
        return name;
    }
}
