package dev.sluice.config;

/**
 * One LISTENER_RULE_&lt;N&gt;. Immutable.
 *
 * @param pathPrefix begins with a slash and does not end with one, except {@code /} itself
 * @param pathRewrite the prefix to remove from the path: empty for none, otherwise begins with a slash and does not end
 *     with one
 * @param targetGroup the name of a configured target group
 */
public record RuleConfiguration(String pathPrefix, String pathRewrite, String targetGroup) {}
