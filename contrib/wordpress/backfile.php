<?php
/**
 * Plugin Name: Backfile
 * Description: Tells a Backfile archive of each article that is published, changed, unpublished or deleted.
 * Version: 0.1.0
 * Requires at least: 5.6
 * Requires PHP: 7.4
 * License: BSD-3-Clause
 *
 * Settings, in wp-config.php:
 *
 *     define( 'BF_ARCHIVE', 'https://archive.example.org' );  // the address of the archive
 *     define( 'BF_KEY', 'bfk_…' );                            // made by `backfile keys add`
 *     define( 'BF_TYPES', array( 'post' ) );                  // the post types that are articles; this is the default
 *     define( 'BF_PREFIX', 'wp-' );                           // what their ids in the archive begin with, likewise
 *
 * What has to be sent is noted in the database when WordPress saves, and sent when the request is over, so that nobody
 * waits for the archive. What is sent is the post as it is then, not the change: so the order in which changes were
 * noted does not matter, and what was noted twice is sent once. What cannot be sent is tried again by WP-Cron.
 *
 * @package Backfile
 */

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

/** The prefix of the options that note a post; the id of the post follows. */
const BACKFILE_NOTE = 'backfile_due_';
/** The event of WP-Cron that tries again. */
const BACKFILE_RETRY = 'backfile_retry';
/** The option with what was refused: by id of the post, when and why. */
const BACKFILE_REFUSED = 'backfile_refused';
/** The option with the time until which the archive is left alone. */
const BACKFILE_PAUSED = 'backfile_paused';
const BACKFILE_TIMEOUT_SECONDS = 5;
/** Posts that are sent at the end of one request; WP-Cron sends the others. */
const BACKFILE_AT_ONCE = 10;
const BACKFILE_AT_ONCE_BY_CRON = 200;
const BACKFILE_CRON_SECONDS = 40;
const BACKFILE_FIRST_WAIT = 60;
const BACKFILE_LONGEST_WAIT = 3600;
const BACKFILE_MAX_BYTES = 3900000;
const BACKFILE_MOST_REFUSED = 50;

add_action( 'transition_post_status', 'backfile_status_changed', 10, 3 );
add_action( 'set_object_terms', 'backfile_terms_changed', 10, 1 );
add_action( 'before_delete_post', 'backfile_post_is_deleted', 10, 1 );
add_action( 'shutdown', 'backfile_send_noted', 20 );
add_action( BACKFILE_RETRY, 'backfile_retry_noted' );
add_action( 'admin_notices', 'backfile_show_state' );
if ( function_exists( 'register_deactivation_hook' ) ) {
	register_deactivation_hook( __FILE__, 'backfile_stop' );
}

// --- what has to be sent

/** Notes a post that becomes visible, changes while it is, or is not any more. */
function backfile_status_changed( $new_status, $old_status, $post ) {
	if ( 'publish' === $new_status || 'publish' === $old_status ) {
		backfile_note( $post );
	}
}

/** Notes a published post whose categories or tags change, which may be after it was saved. */
function backfile_terms_changed( $post_id ) {
	$post = get_post( $post_id );
	if ( $post && 'publish' === $post->post_status ) {
		backfile_note( $post );
	}
}

/** Notes a post that is deleted for good. */
function backfile_post_is_deleted( $post_id ) {
	$post = get_post( $post_id );
	if ( $post && 'auto-draft' !== $post->post_status ) {
		backfile_note( $post );
	}
}

/** Writes down that a post has to be sent: at once, and in a row of its own, so that no two requests undo each other. */
function backfile_note( $post ) {
	if ( ! in_array( $post->post_type, backfile_types(), true ) ) {
		return;
	}
	$note = array(
		'token' => wp_generate_password( 12, false ),
		'tries' => 0,
		'due'   => 0,
	);
	update_option( BACKFILE_NOTE . $post->ID, $note, false );
	$GLOBALS['backfile_has_noted'] = true;
}

/** The post types that are articles. */
function backfile_types() {
	return defined( 'BF_TYPES' ) ? (array) BF_TYPES : array( 'post' );
}

// --- sending

/** At the end of a request: sends what it has noted, if the archive answers at all. */
function backfile_send_noted() {
	if ( empty( $GLOBALS['backfile_has_noted'] ) ) {
		return;
	}
	$GLOBALS['backfile_has_noted'] = false;
	try {
		if ( function_exists( 'fastcgi_finish_request' ) ) {
			fastcgi_finish_request(); // Whoever saves gets the answer now.
		}
		if ( get_option( BACKFILE_PAUSED, 0 ) <= time() ) {
			backfile_send_due( BACKFILE_AT_ONCE, time() + 2 * BACKFILE_TIMEOUT_SECONDS );
		}
		backfile_plan_retry();
	} catch ( Throwable $error ) {
		backfile_log( $error->getMessage() );
	}
}

/** By WP-Cron: sends what is due. */
function backfile_retry_noted() {
	try {
		delete_option( BACKFILE_PAUSED );
		backfile_send_due( BACKFILE_AT_ONCE_BY_CRON, time() + BACKFILE_CRON_SECONDS );
		backfile_plan_retry();
	} catch ( Throwable $error ) {
		backfile_log( $error->getMessage() );
	}
}

/** Sends up to `$most` posts that are due, until `$end`; the first that finds no archive ends it. */
function backfile_send_due( $most, $end ) {
	foreach ( backfile_noted() as $post_id => $note ) {
		if ( $note['due'] > time() ) {
			continue;
		}
		if ( $most-- <= 0 || time() >= $end || ! backfile_send( $post_id, $note ) ) {
			return;
		}
	}
}

/** All notes, the oldest first, by the id of their post. */
function backfile_noted() {
	global $wpdb;
	$names = $wpdb->get_col(
		$wpdb->prepare(
			"SELECT option_name FROM {$wpdb->options} WHERE option_name LIKE %s ORDER BY option_id LIMIT 1000",
			$wpdb->esc_like( BACKFILE_NOTE ) . '%'
		)
	);
	$noted = array();
	foreach ( $names as $name ) {
		$post_id = (int) substr( $name, strlen( BACKFILE_NOTE ) );
		$note    = backfile_note_of( $post_id );
		if ( $note ) {
			$noted[ $post_id ] = $note;
		}
	}
	return $noted;
}

/** The note of a post as the database has it now, whatever this request remembers; null if there is none. */
function backfile_note_of( $post_id ) {
	global $wpdb;
	$found = $wpdb->get_var(
		$wpdb->prepare( "SELECT option_value FROM {$wpdb->options} WHERE option_name = %s", BACKFILE_NOTE . $post_id )
	);
	$note = null === $found ? null : maybe_unserialize( $found );
	return is_array( $note ) ? $note : null;
}

/**
 * Sends a post as it is now, and forgets the note. If another request has noted or sent the post meanwhile, it is sent
 * again, since that one may have sent something newer before. False if the archive does not answer.
 */
function backfile_send( $post_id, $note ) {
	for ( $round = 0; $round < 3; $round++ ) {
		clean_post_cache( $post_id );
		$answer = backfile_request( $post_id );
		if ( $answer['again'] ) {
			backfile_postpone( $post_id, $note, $answer );
			return false;
		}
		backfile_remember_refusal( $post_id, $answer );
		$now = backfile_note_of( $post_id );
		if ( $now && $now['token'] === $note['token'] ) {
			delete_option( BACKFILE_NOTE . $post_id );
			return true;
		}
		$note = $now ? $now : $note;
	}
	return true;
}

/** Sends a post, or its deletion: `again` says that it has to be sent later, and `why` the reason, also of a refusal. */
function backfile_request( $post_id ) {
	$archive = defined( 'BF_ARCHIVE' ) ? untrailingslashit( BF_ARCHIVE ) : '';
	if ( '' === $archive || ! defined( 'BF_KEY' ) || ! backfile_is_safe( $archive ) ) {
		return backfile_answer( true, 'BF_ARCHIVE must be an https address, and BF_KEY a key', 0 );
	}
	$article = backfile_article( get_post( $post_id ) );
	$body    = null === $article ? null : wp_json_encode( $article );
	if ( null !== $article && ( false === $body || strlen( $body ) > BACKFILE_MAX_BYTES ) ) {
		return backfile_answer( false, 'the post is too long, or no text in UTF-8', 0 );
	}
	$response = wp_remote_request(
		$archive . '/api/v1/articles/' . rawurlencode( backfile_id( $post_id ) ),
		array(
			'method'      => null === $article ? 'DELETE' : 'PUT',
			'timeout'     => BACKFILE_TIMEOUT_SECONDS,
			'redirection' => 0,
			'headers'     => array(
				'Authorization' => 'Bearer ' . BF_KEY,
				'Content-Type'  => 'application/json',
			),
			'body'        => $body,
		)
	);
	$answer = backfile_read_answer( $response );
	// For a deletion it makes no difference whether the archive has taken the article down already.
	return null === $article && ! $answer['again'] ? backfile_answer( false, '', 0 ) : $answer;
}

/** What an answer means. Sending the same again helps unless the archive has said that it never will. */
function backfile_read_answer( $response ) {
	if ( is_wp_error( $response ) ) {
		return backfile_answer( true, $response->get_error_message(), 0 );
	}
	$status = (int) wp_remote_retrieve_response_code( $response );
	if ( $status >= 200 && $status < 300 ) {
		return backfile_answer( false, '', 0 );
	}
	$said = json_decode( wp_remote_retrieve_body( $response ), true );
	$why  = $status . ' ' . ( is_array( $said ) && isset( $said['detail'] ) ? $said['detail'] : 'without a reason' );
	$wait = (int) wp_remote_retrieve_header( $response, 'retry-after' );
	return backfile_answer( ! in_array( $status, array( 400, 410, 413, 422 ), true ), $why, $wait );
}

/** An answer; `wait` is how many seconds the archive wants to be left alone, 0 if it does not say. */
function backfile_answer( $again, $why, $wait ) {
	return array(
		'again' => $again,
		'why'   => $why,
		'wait'  => $wait,
	);
}

/** Whether the key may be sent there: over HTTPS alone, or to this machine. */
function backfile_is_safe( $archive ) {
	$scheme = wp_parse_url( $archive, PHP_URL_SCHEME );
	$is_here = in_array( wp_parse_url( $archive, PHP_URL_HOST ), array( 'localhost', '127.0.0.1', '[::1]' ), true );
	return 'https' === $scheme || ( 'http' === $scheme && $is_here );
}

// --- what could not be sent

/** Puts off a post: twice as long each time, and at least as long as the archive asks for. */
function backfile_postpone( $post_id, $note, $answer ) {
	$first = (int) apply_filters( 'backfile_first_wait', BACKFILE_FIRST_WAIT );
	$wait  = max( $answer['wait'], min( $first * pow( 2, min( $note['tries'], 10 ) ), BACKFILE_LONGEST_WAIT ) );
	$now   = backfile_note_of( $post_id );
	if ( $now && $now['token'] === $note['token'] ) {
		$note['tries'] += 1;
		$note['due']    = time() + (int) $wait;
		$note['why']    = $answer['why'];
		update_option( BACKFILE_NOTE . $post_id, $note, false );
	}
	update_option( BACKFILE_PAUSED, time() + max( (int) $answer['wait'], min( $first, BACKFILE_FIRST_WAIT ) ), false );
	backfile_log( 'post ' . $post_id . ' is sent later: ' . $answer['why'] );
}

/** Keeps why the archive has refused a post, or forgets that it had. */
function backfile_remember_refusal( $post_id, $answer ) {
	$refused = (array) get_option( BACKFILE_REFUSED, array() );
	if ( '' === $answer['why'] && ! isset( $refused[ $post_id ] ) ) {
		return;
	}
	unset( $refused[ $post_id ] );
	if ( '' !== $answer['why'] ) {
		$refused[ $post_id ] = array( time(), $answer['why'] );
		backfile_log( 'post ' . $post_id . ' is refused: ' . $answer['why'] );
	}
	update_option( BACKFILE_REFUSED, array_slice( $refused, -BACKFILE_MOST_REFUSED, null, true ), false );
}

/** Has WP-Cron try again when the next post is due. */
function backfile_plan_retry() {
	$noted = backfile_noted();
	if ( ! $noted ) {
		return;
	}
	$due  = max( time() + 1, min( array_column( $noted, 'due' ) ) );
	$next = wp_next_scheduled( BACKFILE_RETRY );
	if ( ! $next || $next > $due ) {
		wp_clear_scheduled_hook( BACKFILE_RETRY );
		wp_schedule_single_event( $due, BACKFILE_RETRY );
	}
}

/** Stops the retries when the plug-in is deactivated; the notes stay until it is active again. */
function backfile_stop() {
	wp_clear_scheduled_hook( BACKFILE_RETRY );
}

/** Tells administrators what waits and what was refused. */
function backfile_show_state() {
	if ( ! current_user_can( 'manage_options' ) ) {
		return;
	}
	$lines = array();
	foreach ( backfile_noted() as $post_id => $note ) {
		if ( $note['tries'] > 2 ) {
			$lines[] = sprintf( 'Post %d waits to be sent to the archive: %s', $post_id, $note['why'] );
		}
	}
	foreach ( (array) get_option( BACKFILE_REFUSED, array() ) as $post_id => $refusal ) {
		$lines[] = sprintf( 'The archive refuses post %d: %s', $post_id, $refusal[1] );
	}
	foreach ( array_slice( $lines, 0, 5 ) as $line ) {
		echo '<div class="notice notice-warning"><p>' . esc_html( $line ) . '</p></div>';
	}
}

/** Writes a line to PHP's log. */
function backfile_log( $line ) {
	error_log( 'backfile: ' . $line ); // phpcs:ignore WordPress.PHP.DevelopmentFunctions
}

// --- the article

/** What the archive calls a post. */
function backfile_id( $post_id ) {
	$usual = is_multisite() ? 'wp-' . get_current_blog_id() . '-' : 'wp-';
	return ( defined( 'BF_PREFIX' ) ? BF_PREFIX : $usual ) . $post_id;
}

/** A post as the archive takes it; null if readers cannot see it, and so must not find it in the archive. */
function backfile_article( $post ) {
	$is_shown = $post && 'publish' === $post->post_status && '' === $post->post_password;
	if ( ! $is_shown || ! in_array( $post->post_type, backfile_types(), true ) ) {
		return null;
	}
	$title   = backfile_text( get_the_title( $post ) );
	$article = array(
		'title'       => '' === $title ? '(' . $post->ID . ')' : $title,
		'body'        => backfile_body( $post ),
		'body_format' => 'html',
		'summary'     => backfile_text( $post->post_excerpt ),
		'url'         => get_permalink( $post ),
		'guid'        => $post->guid,
		'sections'    => backfile_sections( $post ),
		'tags'        => backfile_names( get_the_terms( $post, 'post_tag' ) ),
		'authors'     => backfile_authors( $post ),
		'published'   => get_post_datetime( $post, 'date' )->format( DATE_ATOM ),
		'modified'    => get_post_datetime( $post, 'modified' )->format( DATE_ATOM ),
	);
	if ( 'post' !== $post->post_type ) {
		$article['type'] = $post->post_type;
	}
	return apply_filters( 'backfile_article', $article, $post );
}

/** The body as readers of the site get it, with its blocks and shortcodes rendered. */
function backfile_body( $post ) {
	$before          = isset( $GLOBALS['post'] ) ? $GLOBALS['post'] : null;
	$GLOBALS['post'] = $post; // phpcs:ignore WordPress.WP.GlobalVariablesOverride
	setup_postdata( $post );
	try {
		return (string) apply_filters( 'the_content', $post->post_content );
	} finally {
		$GLOBALS['post'] = $before; // phpcs:ignore WordPress.WP.GlobalVariablesOverride
		if ( $before ) {
			setup_postdata( $before );
		}
	}
}

/** Categories, each as the path that leads to it; one that is above another of them is not repeated. */
function backfile_sections( $post ) {
	$terms = get_the_terms( $post, 'category' );
	$terms = is_array( $terms ) ? $terms : array();
	$above = array();
	foreach ( $terms as $term ) {
		$above = array_merge( $above, get_ancestors( $term->term_id, 'category', 'taxonomy' ) );
	}
	$paths = array();
	foreach ( $terms as $term ) {
		if ( ! in_array( $term->term_id, $above, true ) ) {
			$ids     = array_merge( array_reverse( get_ancestors( $term->term_id, 'category', 'taxonomy' ) ), array( $term->term_id ) );
			$paths[] = backfile_names( array_map( 'get_term', $ids ) );
		}
	}
	return array_values( array_filter( $paths ) );
}

/** The authors: all that Co-Authors Plus names, or the post's own. */
function backfile_authors( $post ) {
	$authors = function_exists( 'get_coauthors' ) ? get_coauthors( $post->ID ) : array();
	$names   = $authors ? wp_list_pluck( $authors, 'display_name' ) : array( get_the_author_meta( 'display_name', $post->post_author ) );
	return array_values( array_filter( array_map( 'backfile_text', $names ), 'strlen' ) );
}

/** The names of terms. */
function backfile_names( $terms ) {
	$names = is_array( $terms ) ? wp_list_pluck( array_filter( $terms, 'is_object' ), 'name' ) : array();
	return array_values( array_filter( array_map( 'backfile_text', $names ), 'strlen' ) );
}

/** Markup as plain text. */
function backfile_text( $markup ) {
	return trim( html_entity_decode( wp_strip_all_tags( (string) $markup ), ENT_QUOTES | ENT_HTML5, 'UTF-8' ) );
}
