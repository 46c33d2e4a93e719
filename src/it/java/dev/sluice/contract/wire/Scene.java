package dev.sluice.contract.wire;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What one test has its requests meet, and what became of them. A request belongs to the scene that its field {@code Scene} names, so
 * that all tests share the targets and none sees another's requests. Safe for use by many threads.
 */
public final class Scene {

    private final String id;
    private final Script script;
    private final List<Head> requests = new CopyOnWriteArrayList<>();
    private final List<String> targets = new CopyOnWriteArrayList<>();
    private final List<byte[]> bodies = new CopyOnWriteArrayList<>();
    private final List<IOException> failures = new CopyOnWriteArrayList<>();
    private final AtomicInteger ended = new AtomicInteger();

    Scene(String id, Script script) {
        this.id = id;
        this.script = script;
    }

    /** The header line by which a request belongs to it. */
    public String field() {
        return "Scene: " + id;
    }

    /** A word that no other scene has, for a path that is to be found in the log. */
    public String id() {
        return id;
    }

    /** The heads of the requests that reached a target, in their order. */
    public List<Head> requests() {
        return List.copyOf(requests);
    }

    /** The head of the one request that reached a target. */
    public Head request() {
        if (requests.size() != 1) {
            throw new AssertionError("Not one request, but " + requests);
        }
        return requests.get(0);
    }

    /** The names of the targets that the requests reached, in the same order. */
    public List<String> targets() {
        return List.copyOf(targets);
    }

    /** The bodies that reached a target whole. */
    public List<byte[]> bodies() {
        return List.copyOf(bodies);
    }

    /** The same as text (Latin-1). */
    public List<String> texts() {
        return bodies.stream()
                .map(body -> new String(body, StandardCharsets.ISO_8859_1))
                .toList();
    }

    /** How reading or writing ended at the targets where it ended before the script did. */
    public List<IOException> failures() {
        return List.copyOf(failures);
    }

    /** How many requests are at a target now. */
    public int inProgress() {
        return requests.size() - ended.get();
    }

    /** How many requests a target is done with. */
    public int ended() {
        return ended.get();
    }

    void keepBody(byte[] body) {
        bodies.add(body);
    }

    void play(ScriptedTarget target, Wire wire, Head head, int ordinal) throws IOException {
        targets.add(target.name());
        requests.add(head);
        try {
            script.play(new TargetExchange(target, wire, head, ordinal, this));
        } catch (IOException e) {
            failures.add(e);
            throw e;
        } finally {
            ended.incrementAndGet();
        }
    }
}
