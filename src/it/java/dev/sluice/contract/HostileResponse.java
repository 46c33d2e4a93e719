package dev.sluice.contract;

import java.util.Set;

/**
 * Bytes that a target should not answer with, or that are often misread, and what may come of them. Immutable.
 *
 * @param name what is wrong
 * @param bytes what is sent (Latin-1)
 * @param method the method of the request that it answers
 * @param fates what may come of it
 * @param body the body that the client gets if the response passes
 */
record HostileResponse(String name, String bytes, String method, Set<Fate> fates, String body) {

    enum Fate {
        /** The client gets Sluice's own 502. */
        BAD_GATEWAY,
        /** The client gets it as it was meant. */
        PASSED,
        /** The client can see that it is incomplete. */
        BROKEN_OFF
    }

    HostileResponse {
        fates = Set.copyOf(fates);
    }

    static HostileResponse verbatim(String name, String bytes) {
        return new HostileResponse(name, bytes, "POST", Set.of(), "");
    }

    /** A response with this status line, otherwise valid. */
    static HostileResponse statusLine(String name, String statusLine) {
        return verbatim(name, statusLine + "\r\nContent-Length: 2\r\n\r\nok");
    }

    /** A response with these field lines, otherwise valid. */
    static HostileResponse fieldLines(String name, String fieldLines) {
        return verbatim(name, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + fieldLines + "\r\n\r\nok");
    }

    /** A response with this framing and this body. */
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
