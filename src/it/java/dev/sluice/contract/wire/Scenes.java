package dev.sluice.contract.wire;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** All scenes that a set of targets plays. Safe for use by many threads. */
public final class Scenes {

    private final Map<String, Scene> scenes = new ConcurrentHashMap<>();
    private final AtomicInteger number = new AtomicInteger();
    private final Scene everyday;

    /** What names no scene is answered {@link Script#OK}. */
    public Scenes() {
        this(Script.OK);
    }

    /** What names no scene meets this: for clients that cannot be told to name one. */
    public Scenes(Script everyday) {
        this.everyday = new Scene("everyday", everyday);
    }

    /** That of the requests that name none. */
    public Scene everyday() {
        return everyday;
    }

    /** A new one. */
    public Scene add(Script script) {
        Scene scene = new Scene("scene-" + number.incrementAndGet(), script);
        scenes.put(scene.id(), scene);
        return scene;
    }

    /** The one that the request names, or that of those that name none. */
    Scene of(Head request) {
        return scenes.getOrDefault(request.value("Scene"), everyday);
    }
}
