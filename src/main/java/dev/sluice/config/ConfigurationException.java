package dev.sluice.config;

import static java.util.stream.Collectors.joining;

import java.util.List;

/** The configuration is wrong. The message has every problem, one to a line. */
public final class ConfigurationException extends RuntimeException {

    private final List<Problem> problems;

    public ConfigurationException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** At least one, in the order of the configuration; misspelt variables come last. */
    public List<Problem> problems() {
        return problems;
    }
}
