package dev.sluice.contract.host;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The WAR on its own: {@code java -jar sluice.war}. */
public final class LauncherHost extends Host {

    private final List<String> arguments;

    /** With these arguments. Without any, it serves. */
    public LauncherHost(String... arguments) {
        super("launcher");
        this.arguments = List.of(arguments);
    }

    @Override
    List<String> prepare(Path directory, int port) {
        List<String> command = new ArrayList<>(List.of("-jar", war().toString()));
        command.addAll(arguments);
        return command;
    }
}
