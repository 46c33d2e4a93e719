/** The executable WAR: its command line, an embedded Jetty, the mock target and the demo. The only reader of LISTENER_PORT; nothing imports it. */
@NullMarked
package dev.sluice.launcher;

import org.jspecify.annotations.NullMarked;
