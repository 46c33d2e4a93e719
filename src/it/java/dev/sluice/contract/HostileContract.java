package dev.sluice.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.contract.HostileRequest.Fate;
import dev.sluice.contract.wire.Head;
import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Script;
import dev.sluice.contract.wire.Wire;
import java.io.IOException;
import java.net.SocketException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What must hold for every hostile request. It becomes at most one target request, with the boundaries that it had. If
 * it is refused, no target has seen it, as far as that can be known in time. What follows on the connection is answered
 * as what it is, or not at all.
 */
interface HostileContract extends Contract {

    String FOLLOWING = "/scripted/following";

    /** A field line that all parsers read in the same way (RFC 9110 section 5.5). */
    Pattern SOUND_LINE = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[\\x20-\\x7E\\x80-\\xFF\\t]*");

    /** Tells the client which request the response is for. */
    Script NAMES_ITS_REQUEST = exchange -> {
        exchange.readBody();
        exchange.answer("200 OK", exchange.head().requestTarget());
    };

    /** These, and one more. */
    static <F extends Enum<F>> Set<F> union(Set<F> fates, F fate) {
        Set<F> all = EnumSet.of(fate);
        all.addAll(fates);
        return all;
    }

    /**
     * Sends the request with a valid one right behind it, and asserts that the outcome of both is among those allowed.
     */
    default void assertFate(HostileRequest tried) throws IOException {
        assertFate(tried, HostileRequest.PATH);
    }

    /** The same for a request with another path: this is what the target sees if the request passes. */
    default void assertFate(HostileRequest tried, String requestTarget) throws IOException {
        Scene scene = scene(NAMES_ITS_REQUEST);
        int strays = stage().scenes().everyday().requests().size();
        List<Reply> replies = send(tried, scene);
        assertThat(get("/scripted", scene(Script.OK)).status()).isEqualTo(200); // takes the same path, a little later
        await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).until(() -> scene.inProgress() == 0);

        List<Head> seen = scene.requests();
        Fate fate = fate(replies, seen);
        String all = tried.name() + ": " + fate + ", answered " + replies + ", at the target " + seen;
        assertThat(fate).as(all).isIn(tried.fates());
        assertThat(stage().scenes().everyday().requests()).as(all).hasSize(strays);
        assertThat(seen).as(all).allSatisfy(this::assertSound);
        assertThat(scene.targets()).as(all).allMatch("scripted"::equals);
        switch (fate) {
            case REFUSED, BROKEN -> {
                assertThat(replies.get(0).status()).as(all).isIn(tried.statuses());
                assertThat(replies).as(all).hasSize(1);
                assertThat(seen).as(all).hasSizeLessThanOrEqualTo(1);
                assertThat(scene.bodies()).as(all).isEmpty();
            }
            case CLOSED -> {
                assertThat(seen).as(all).hasSizeLessThanOrEqualTo(tried.fates().contains(Fate.BROKEN) ? 1 : 0);
                assertThat(scene.bodies()).as(all).isEmpty();
            }
            case PASSED -> {
                assertThat(replies).as(all).extracting(Reply::text).containsExactly(requestTarget, FOLLOWING);
                assertThat(seen).as(all).extracting(Head::requestTarget).containsExactly(requestTarget, FOLLOWING);
                assertThat(scene.texts()).as(all).containsExactly(tried.body(), "");
            }
            case UNMATCHED, REFUSED_ALONE -> {
                assertThat(replies.get(1).text()).as(all).isEqualTo(FOLLOWING);
                assertThat(seen).as(all).extracting(Head::requestTarget).containsExactly(FOLLOWING);
            }
            case PASSED_ALONE -> {
                assertThat(replies).as(all).extracting(Reply::text).containsExactly(requestTarget);
                assertThat(seen).as(all).extracting(Head::requestTarget).containsExactly(requestTarget);
                assertThat(scene.texts()).as(all).containsExactly(tried.body());
            }
        }
    }

    /** Some hosts leave the connection open when they refuse a request themselves and know where it ends. */
    default HostileRequest asHostsRefuse(HostileRequest tried) {
        return stage().kind().leavesRefusedConnectionsOpen() ? tried.refusedAlone() : tried;
    }

    /** Sends it in one piece with the request that follows it; nothing more is sent after that. */
    default List<Reply> send(HostileRequest tried, Scene scene) throws IOException {
        try (Wire client = connect()) {
            try {
                client.send(tried.bytes().replace(HostileRequest.SCENE, scene.field()) + "GET " + FOLLOWING
                        + " HTTP/1.1\r\nHost: shop.example\r\n" + scene.field() + "\r\nConnection: close\r\n\r\n");
            } catch (SocketException e) {
                // refused before all of it was sent
            }
            if (tried.ends()) {
                client.endOutput();
            }
            return client.readReplies();
        }
    }

    private static Fate fate(List<Reply> replies, List<Head> seen) {
        if (replies.isEmpty()) {
            return Fate.CLOSED;
        } else if (replies.size() == 2 && replies.get(0).status() == 404) {
            return Fate.UNMATCHED;
        } else if (replies.size() == 2 && replies.get(0).status() >= 400) {
            return Fate.REFUSED_ALONE;
        } else if (replies.get(0).status() >= 400) {
            return seen.isEmpty() ? Fate.REFUSED : Fate.BROKEN;
        } else {
            return replies.size() == 1 ? Fate.PASSED_ALONE : Fate.PASSED;
        }
    }

    private void assertSound(Head seen) {
        assertThat(seen.startLine()).matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+ /[^ \\p{Cntrl}]* HTTP/1\\.1");
        assertThat(seen.fieldLines()).allMatch(line -> SOUND_LINE.matcher(line).matches());
        assertThat(seen.values("Host")).containsExactly(stage().scripted().address());
        assertThat(seen.values("Content-Length").size()
                        + seen.values("Transfer-Encoding").size())
                .isLessThanOrEqualTo(1);
        assertThat(seen.names()).doesNotContain("authorization");
    }
}
