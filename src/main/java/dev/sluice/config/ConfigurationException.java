package dev.sluice.config;

import static java.util.stream.Collectors.joining;

import java.util.List;

/** Thrown if the configuration is invalid. The message lists all problems, one per line. */
public final class ConfigurationException extends RuntimeException {

    private final List<Problem> problems;

    /** @param problems at least one, in the order of {@link #problems} */
    public ConfigurationException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** At least one problem, in the order in which the variables are read; unknown variables come last. */
    public List<Problem> problems() {
        return problems;
    }
}
