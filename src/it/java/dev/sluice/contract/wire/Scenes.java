package dev.sluice.contract.wire;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** All scenes that a set of targets plays. Thread-safe. */
public final class Scenes {

    private final Map<String, Scene> scenes = new ConcurrentHashMap<>();
    private final AtomicInteger number = new AtomicInteger();
    private final Scene everyday;

    /** Requests that name no scene get {@link Script#OK}. */
    public Scenes() {
        this(Script.OK);
    }

    /** Requests that name no scene get this script. For clients that cannot be told to name one. */
    public Scenes(Script everyday) {
        this.everyday = new Scene("everyday", everyday);
    }

    /** The scene of the requests that name none. */
    public Scene everyday() {
        return everyday;
    }

    /** Adds a new scene. */
    public Scene add(Script script) {
        Scene scene = new Scene("scene-" + number.incrementAndGet(), script);
        scenes.put(scene.id(), scene);
        return scene;
    }

    /** The scene that the request names, or {@link #everyday}. */
    Scene of(Head request) {
        return scenes.getOrDefault(request.value("Scene"), everyday);
    }
}
