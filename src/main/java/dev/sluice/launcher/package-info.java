/**
 * The executable WAR: its command line, an embedded Jetty, the mock target and the demo. Only this package listens on
 * LISTENER_PORT; no other package depends on it.
 */
@NullMarked
package dev.sluice.launcher;

import org.jspecify.annotations.NullMarked;
