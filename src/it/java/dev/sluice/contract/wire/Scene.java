package dev.sluice.contract.wire;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The script that the targets play for one test, and a record of what happened. A request belongs to the scene that its
 * field {@code Scene} names, so all tests share the targets, and none sees the requests of another. Thread-safe.
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

    /** The field line that makes a request part of this scene. */
    public String field() {
        return "Scene: " + id;
    }

    /** A word that is unique to this scene, for a path that is to be found in the log. */
    public String id() {
        return id;
    }

    /** The heads of the requests that reached a target, in their order. */
    public List<Head> requests() {
        return List.copyOf(requests);
    }

    /** The head of the only request that reached a target. */
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

    /** The bodies that reached a target completely. */
    public List<byte[]> bodies() {
        return List.copyOf(bodies);
    }

    /** The same bodies as text (Latin-1). */
    public List<String> texts() {
        return bodies.stream()
                .map(body -> new String(body, StandardCharsets.ISO_8859_1))
                .toList();
    }

    /** The exceptions of reading or writing at the targets that ended a script early. */
    public List<IOException> failures() {
        return List.copyOf(failures);
    }

    /** The number of requests that are at a target now. */
    public int inProgress() {
        return requests.size() - ended.get();
    }

    /** The number of requests that a target has finished with. */
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
