package dev.sluice.target;

/**
 * A configured name whose last look-up failed. What was known of it stays as it was.
 *
 * @param name as in the configuration
 * @param isPartOnly whether some of its addresses were found
 * @param problem what is wrong, in words for operators
 */
public record NameProblem(String name, boolean isPartOnly, String problem) {}
