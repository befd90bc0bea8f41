<?php
/**
 * What an editor does in WordPress, done by a program: `php wordpress_actions.php ACTION JSON` prints its outcome as JSON.
 *
 * WordPress itself is the one of the system; its settings come from the environment.
 */

error_reporting( E_ALL & ~E_DEPRECATED & ~E_USER_DEPRECATED ); // WordPress is older than the newest PHP.
define( 'TRIAL_ACTION', $argv[1] ); // WordPress forgets variables
define( 'TRIAL_GIVEN', json_decode( $argv[2], true ) );

$_SERVER['HTTP_HOST']       = 'news.example';
$_SERVER['REQUEST_METHOD']  = 'GET';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:' . getenv( 'TRIAL_SOCKET' ) );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
define( 'WP_CONTENT_DIR', getenv( 'TRIAL_CONTENT' ) );
define( 'WP_HOME', 'https://news.example' );
define( 'WP_SITEURL', 'https://news.example' );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'WP_ACCESSIBLE_HOSTS', '127.0.0.1' );
define( 'DISABLE_WP_CRON', true );
foreach ( array( 'AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE' ) as $name ) {
	define( $name . '_KEY', $name );
	define( $name . '_SALT', $name );
}
define( 'BF_ARCHIVE', getenv( 'TRIAL_ARCHIVE' ) );
define( 'BF_KEY', getenv( 'TRIAL_KEY' ) );
$table_prefix = 'wp_';
if ( 'install' === TRIAL_ACTION ) {
	define( 'WP_INSTALLING', true );
	function wp_new_blog_notification() {} // no mail
}
define( 'ABSPATH', getenv( 'TRIAL_WORDPRESS' ) . '/' );
require ABSPATH . 'wp-settings.php';

function editor_asks( $method, $path, $parameters ) {
	wp_set_current_user( 1 );
	$request = new WP_REST_Request( $method, $path );
	foreach ( $parameters as $name => $value ) {
		$request->set_param( $name, $value );
	}
	$data = rest_do_request( $request )->get_data();
	return isset( $data['id'] ) ? array( 'id' => $data['id'], 'link' => $data['link'] ?? '' ) : $data;
}

function term( $name, $taxonomy, $parent = 0 ) {
	$found = term_exists( $name, $taxonomy, $parent );
	$found = $found ? $found : wp_insert_term( $name, $taxonomy, array( 'parent' => $parent ) );
	return (int) $found['term_id'];
}

add_filter( 'backfile_first_wait', fn() => 0 );

$given = TRIAL_GIVEN;
switch ( TRIAL_ACTION ) {
	case 'install':
		require_once ABSPATH . 'wp-admin/includes/upgrade.php';
		wp_install( 'News', 'editor', 'editor@news.example', true, '', 'secret' );
		update_option( 'permalink_structure', '/%year%/%postname%/' );
		wp_update_user( array( 'ID' => 1, 'display_name' => 'Mélanie Doe' ) );
		$done = true;
		break;
	case 'save':
		$path = '/wp/v2/posts' . ( isset( $given['id'] ) ? '/' . $given['id'] : '' );
		if ( isset( $given['section'] ) ) {
			$above               = term( $given['section'][0], 'category' );
			$given['categories'] = array( $above, term( $given['section'][1], 'category', $above ) );
			$given['tags']       = array( term( $given['tag'], 'post_tag' ) );
			unset( $given['section'], $given['tag'] );
		}
		$done = editor_asks( 'POST', $path, $given );
		break;
	case 'trash':
		$done = (bool) wp_trash_post( $given['id'] );
		break;
	case 'untrash':
		$done = (bool) wp_untrash_post( $given['id'] ) && wp_publish_post( $given['id'] ) === null;
		break;
	case 'delete':
		$done = (bool) wp_delete_post( $given['id'], true );
		break;
	case 'cron':
		foreach ( wp_get_ready_cron_jobs() as $time => $hooks ) {
			foreach ( array_intersect_key( $hooks, array( 'backfile_retry' => 1 ) ) as $hook => $events ) {
				foreach ( $events as $event ) {
					wp_unschedule_event( $time, $hook, $event['args'] );
					do_action_ref_array( $hook, $event['args'] );
				}
			}
		}
		$done = true;
		break;
	case 'state':
		$done = array(
			'noted'   => array_keys( backfile_noted() ),
			'why'     => array_column( backfile_noted(), 'why' ),
			'refused' => (array) get_option( 'backfile_refused', array() ),
			'planned' => (bool) wp_next_scheduled( 'backfile_retry' ),
		);
		break;
}
echo "\n", wp_json_encode( $done ), "\n";
