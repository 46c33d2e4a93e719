package dev.sluice.contract;

import java.util.Set;
import java.util.TreeSet;

/**
 * Bytes that a client should not send, or that are often read wrongly, and what may come of them. Each host may do one of the things
 * that are named here, and nothing else. Immutable.
 *
 * @param name what is tried
 * @param bytes what is sent (Latin-1), {@link #SCENE} standing for the header line of the test's scene
 * @param fates what may come of it
 * @param statuses with which of these it may be refused
 * @param body what the target is to get of it if it passes
 * @param ends whether the client says that it sends nothing more
 */
record HostileRequest(String name, String bytes, Set<Fate> fates, Set<Integer> statuses, String body, boolean ends) {

    static final String SCENE = "{scene}";

    /** The path that a request of these tables has unless its path is what is tried. */
    static final String PATH = "/scripted/tried";

    enum Fate {
        /** Answered with one of the statuses, and the connection closed; no target has seen anything of it. */
        REFUSED,
        /** The same, but a target had seen its head before the fault could be known: it never gets a whole body. */
        BROKEN,
        /** The connection is closed without an answer; no target has seen anything of it, or the head only where it may be broken. */
        CLOSED,
        /** It has reached the target, once and as it was meant, and so has what followed it. */
        PASSED,
        /** It has reached the target, once and as it was meant; then the connection is closed. */
        PASSED_ALONE,
        /** Refused, while the host knows where it ends and leaves the connection open: what followed it has passed. */
        REFUSED_ALONE,
        /** It is a proper request for which there is no rule: 404, no target has seen it, and what followed it has passed. */
        UNMATCHED
    }

    HostileRequest {
        fates = Set.copyOf(fates);
        statuses = Set.copyOf(statuses);
    }

    /** These very bytes. */
    static HostileRequest verbatim(String name, String bytes) {
        return new HostileRequest(name, bytes, Set.of(), Set.of(), "", false);
    }

    /** A GET with these header lines, each with its end. */
    static HostileRequest fieldLines(String name, String fieldLines) {
        return verbatim(name, head("GET " + PATH + " HTTP/1.1", fieldLines));
    }

    /** A POST with these header lines, each with its end, and this body. */
    static HostileRequest post(String name, String fieldLines, String body) {
        return verbatim(name, head("POST " + PATH + " HTTP/1.1", fieldLines) + body);
    }

    /** A POST with this chunked body. */
    static HostileRequest chunked(String name, String body) {
        return post(name, "Transfer-Encoding: chunked\r\n", body);
    }

    /** A request with this first line and nothing special. */
    static HostileRequest line(String name, String requestLine) {
        return verbatim(name, head(requestLine, ""));
    }

    private static String head(String requestLine, String fieldLines) {
        return requestLine + "\r\nHost: shop.example\r\n" + SCENE + "\r\n" + fieldLines + "\r\n";
    }

    /** It may be refused with one of these statuses, 400 if there are none. */
    HostileRequest refused(int... with) {
        Set<Integer> all = new TreeSet<>(statuses);
        for (int status : with) {
            all.add(status);
        }
        if (with.length == 0) {
            all.add(400);
        }
        return new HostileRequest(name, bytes, and(Fate.REFUSED), all, body, ends);
    }

    /** It may be refused with 400 before or after a target has seen its head, or lose its client the connection, as Tomcat's 400 may too. */
    HostileRequest broken() {
        HostileRequest refused = refused().closed();
        return new HostileRequest(name, bytes, refused.and(Fate.BROKEN), refused.statuses, body, ends);
    }

    /** It may lose its client the connection. */
    HostileRequest closed() {
        return new HostileRequest(name, bytes, and(Fate.CLOSED), statuses, body, ends);
    }

    /** It may pass, with this body. */
    HostileRequest passes(String with) {
        return new HostileRequest(name, bytes, and(Fate.PASSED), statuses, with, ends);
    }

    /** It may pass, with this body, as the last of its connection. */
    HostileRequest passesAlone(String with) {
        return new HostileRequest(name, bytes, and(Fate.PASSED_ALONE), statuses, with, ends);
    }

    /** It may be below no rule. */
    HostileRequest unmatched() {
        return new HostileRequest(name, bytes, and(Fate.UNMATCHED), statuses, body, ends);
    }

    /** It may be refused without being the last of its connection. */
    HostileRequest refusedAlone() {
        return new HostileRequest(name, bytes, and(Fate.REFUSED_ALONE), statuses, body, ends);
    }

    /** Its client says that it sends nothing more; what follows it is a part of it. */
    HostileRequest andEnds() {
        return new HostileRequest(name, bytes, fates, statuses, body, true);
    }

    private Set<Fate> and(Fate fate) {
        return HostileContract.union(fates, fate);
    }

    @Override
    public String toString() {
        return name;
    }
}
