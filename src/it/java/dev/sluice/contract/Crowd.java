package dev.sluice.contract;

import static org.awaitility.Awaitility.await;

import dev.sluice.contract.wire.Reply;
import dev.sluice.contract.wire.Scene;
import dev.sluice.contract.wire.Wire;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.core.ConditionFactory;

/**
 * Clients that want the same target at the same time, each with its own path. It cannot be seen from outside that one
 * of them waits; but if there is room for all but one, and one is refused, then all others are waiting. Not
 * thread-safe.
 */
final class Crowd implements Closeable {

    private static final String BODY = "body";

    private final Contract contract;
    private final String prefix;
    private final Scene scene;
    private final List<Guest> guests = new ArrayList<>();

    /** @param scene one that answers after it has read the body */
    Crowd(Contract contract, String prefix, Scene scene) {
        this.contract = contract;
        this.prefix = prefix;
        this.scene = scene;
    }

    /** One of the clients. */
    record Guest(String path, Wire wire, String unsent) {

        /** Sends the body of an upload. */
        void finish() throws IOException {
            wire.send(unsent);
        }

        Reply readReply() throws IOException {
            return wire.readReply();
        }
    }

    /**
     * Starts an upload that lasts until {@link Guest#finish}. Until then it occupies its target, without the target
     * being silent.
     */
    Guest beginUpload() throws IOException {
        return add("POST", BODY, "Content-Length: " + BODY.length());
    }

    Guest get() throws IOException {
        return add("GET", "");
    }

    private Guest add(String method, String unsent, String... fieldLines) throws IOException {
        String path = prefix + "/" + scene.id() + "/" + (guests.size() + 1) + ".";
        Guest guest = new Guest(path, contract.connect(), unsent);
        guests.add(guest);
        contract.sendHead(guest.wire, method + " " + path + " HTTP/1.1", scene, fieldLines);
        return guest;
    }

    /** Waits until one of them is answered. */
    static Guest firstAnswered(List<Guest> guests) {
        List<Guest> answered = new ArrayList<>();
        soon().until(() -> {
            for (Guest guest : guests) {
                if (guest.wire.hasInput()) {
                    answered.add(guest);
                }
            }
            return !answered.isEmpty();
        });
        return answered.get(0);
    }

    /** Waits until this many requests have reached the target, and returns the last of them. */
    Guest atTarget(int count) {
        soon().until(() -> scene.requests().size() >= count);
        String path = scene.requests().get(count - 1).requestTarget();
        return guests.stream()
                .filter(guest -> guest.path.equals(path))
                .findAny()
                .orElseThrow();
    }

    private static ConditionFactory soon() {
        return await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(5));
    }

    @Override
    public void close() throws IOException {
        for (Guest guest : guests) {
            guest.wire.close();
        }
    }
}
