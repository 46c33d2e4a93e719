package dev.sluice.contract;

import java.util.Set;
import java.util.TreeSet;

/**
 * Bytes that a client should not send, or that are often misread, and what may come of them. Each host may do any one
 * of the things listed here, and nothing else. Immutable.
 *
 * @param name what is tried
 * @param bytes what is sent (Latin-1); {@link #SCENE} stands for the field line of the test's scene
 * @param fates what may come of it
 * @param statuses the statuses with which it may be refused
 * @param body the body that the target gets if the request passes
 * @param ends whether the client half-closes afterwards
 */
record HostileRequest(String name, String bytes, Set<Fate> fates, Set<Integer> statuses, String body, boolean ends) {

    static final String SCENE = "{scene}";

    /** The path of the requests in these tables, unless the path is what is tried. */
    static final String PATH = "/scripted/tried";

    enum Fate {
        /** Answered with one of the statuses; then the connection is closed. No target has seen anything of it. */
        REFUSED,
        /**
         * The same, but a target had seen its head before the fault could be detected. The target never gets a complete
         * body.
         */
        BROKEN,
        /**
         * The connection is closed without a response. No target has seen anything of it, or only its head where BROKEN
         * is allowed.
         */
        CLOSED,
        /** It has reached the target once and as it was meant, and so has the request that followed it. */
        PASSED,
        /** It has reached the target once and as it was meant; then the connection was closed. */
        PASSED_ALONE,
        /**
         * Refused, but the host knows where it ends and leaves the connection open: the request that followed has
         * passed.
         */
        REFUSED_ALONE,
        /**
         * It is a valid request that no rule matches. It gets a 404, no target has seen it, and the request that
         * followed has passed.
         */
        UNMATCHED
    }

    HostileRequest {
        fates = Set.copyOf(fates);
        statuses = Set.copyOf(statuses);
    }

    /** Exactly these bytes. */
    static HostileRequest verbatim(String name, String bytes) {
        return new HostileRequest(name, bytes, Set.of(), Set.of(), "", false);
    }

    /** A GET with these field lines, each including its line end. */
    static HostileRequest fieldLines(String name, String fieldLines) {
        return verbatim(name, head("GET " + PATH + " HTTP/1.1", fieldLines));
    }

    /** A POST with these field lines, each including its line end, and this body. */
    static HostileRequest post(String name, String fieldLines, String body) {
        return verbatim(name, head("POST " + PATH + " HTTP/1.1", fieldLines) + body);
    }

    /** A POST with this chunked body. */
    static HostileRequest chunked(String name, String body) {
        return post(name, "Transfer-Encoding: chunked\r\n", body);
    }

    /** A request with this request line and nothing else unusual. */
    static HostileRequest line(String name, String requestLine) {
        return verbatim(name, head(requestLine, ""));
    }

    private static String head(String requestLine, String fieldLines) {
        return requestLine + "\r\nHost: shop.example\r\n" + SCENE + "\r\n" + fieldLines + "\r\n";
    }

    /** It may be refused with one of these statuses; with 400 if none is given. */
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

    /**
     * It may be refused with 400 before or after a target has seen its head. Its connection may also be closed without
     * a response, as may happen with Tomcat's 400.
     */
    HostileRequest broken() {
        HostileRequest refused = refused().closed();
        return new HostileRequest(name, bytes, refused.and(Fate.BROKEN), refused.statuses, body, ends);
    }

    /** Its connection may be closed without a response. */
    HostileRequest closed() {
        return new HostileRequest(name, bytes, and(Fate.CLOSED), statuses, body, ends);
    }

    /** It may pass, with this body. */
    HostileRequest passes(String with) {
        return new HostileRequest(name, bytes, and(Fate.PASSED), statuses, with, ends);
    }

    /** It may pass, with this body, as the last request of its connection. */
    HostileRequest passesAlone(String with) {
        return new HostileRequest(name, bytes, and(Fate.PASSED_ALONE), statuses, with, ends);
    }

    /** It may match no rule. */
    HostileRequest unmatched() {
        return new HostileRequest(name, bytes, and(Fate.UNMATCHED), statuses, body, ends);
    }

    /** It may be refused without being the last request of its connection. */
    HostileRequest refusedAlone() {
        return new HostileRequest(name, bytes, and(Fate.REFUSED_ALONE), statuses, body, ends);
    }

    /** Its client half-closes afterwards; what follows the request is part of it. */
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
