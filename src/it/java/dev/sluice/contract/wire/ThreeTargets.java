package dev.sluice.contract.wire;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Targets a, b and c, which play the same scenes. For one test at a time: they are opened before it and closed after
 * it.
 */
public final class ThreeTargets implements BeforeEachCallback, AfterEachCallback {

    public static final List<String> NAMES = List.of("a", "b", "c");

    private final Scenes scenes;
    private final List<ScriptedTarget> targets = new ArrayList<>();

    /** @param scenes what the targets play */
    public ThreeTargets(Scenes scenes) {
        this.scenes = scenes;
    }

    @Override
    public void beforeEach(ExtensionContext context) throws IOException {
        for (String name : NAMES) {
            // While a target is stopped, no client of another test is to be given its port.
            targets.add(ScriptedTarget.at(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), FreePort.any()), name, scenes));
        }
    }

    @Override
    public void afterEach(ExtensionContext context) throws IOException {
        for (ScriptedTarget target : targets) {
            target.close();
        }
    }

    /** All of them, as of now. */
    public List<ScriptedTarget> all() {
        return List.copyOf(targets);
    }

    /** The first, second or third target: 0, 1 or 2. */
    public ScriptedTarget get(int index) {
        return targets.get(index);
    }

    /** The target of this name. */
    public ScriptedTarget named(String name) {
        return get(NAMES.indexOf(name));
    }

    /** Restarts a target that was stopped, at the same address. */
    public void startAgain(int index) throws IOException {
        targets.set(index, targets.get(index).startAgain());
    }

    /** The address of each target, in the order of their names. */
    public List<String> addresses() {
        return targets.stream().map(ScriptedTarget::address).toList();
    }
}
