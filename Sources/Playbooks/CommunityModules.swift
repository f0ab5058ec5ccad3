/// Names of modules that Ansible's core and its community package have, whether or not we do.
///
/// A name outside of it, and outside of the catalogue, is a spelling mistake.
enum CommunityModules {
  /// True for a name of the list, and for a fully qualified one of any collection but Ansible's
  /// own two, since every collection may hold what we cannot know.
  static func contains(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 3 else { return parts.count == 1 && lookup.contains(name) }
    if parts[0] == "ansible", parts[1] == "builtin" || parts[1] == "legacy" {
      return parts.count == 3 && lookup.contains(String(parts[2]))
    }
    return parts.allSatisfy { isVariableName(String($0)) || !$0.isEmpty }
  }

  private static let lookup = Set(names)

  /// Sorted.
  static let names: [String] = words.split(whereSeparator: { $0 == " " || $0.isNewline })
    .map(String.init)

  private static let words = """
    acl acme_account acme_account_info acme_ari_info acme_certificate acme_certificate_revoke
    acme_challenge_cert_helper acme_inspect add_host aerospike_migrations airbrake_deployment
    aix_devices aix_filesystem aix_inittab aix_lvg aix_lvol ali_instance ali_instance_info
    alternatives ansible_galaxy_install apache2_mod_proxy apache2_module apk apt apt_key apt_repo
    apt_repository apt_rpm archive assemble assert async_status at atomic_container atomic_host
    atomic_image authorized_key awall aws_acm aws_acm_info aws_api_gateway
    aws_application_scaling_policy aws_az_info aws_batch_compute_environment
    aws_batch_job_definition aws_batch_job_queue aws_caller_info aws_codebuild aws_codecommit
    aws_codepipeline aws_config_aggregation_authorization aws_config_aggregator
    aws_config_delivery_channel aws_config_recorder aws_config_rule aws_direct_connect_connection
    aws_direct_connect_gateway aws_direct_connect_link_aggregation_group
    aws_direct_connect_virtual_interface aws_eks_cluster aws_elasticbeanstalk_app
    aws_glue_connection aws_glue_job aws_inspector_target aws_kms aws_kms_info aws_region_info
    aws_s3 aws_s3_bucket_info aws_s3_cors aws_secret aws_ses_identity aws_ses_identity_policy
    aws_ses_rule_set aws_sgw_info aws_ssm_parameter_store aws_step_functions_state_machine
    aws_step_functions_state_machine_execution aws_waf_condition aws_waf_info aws_waf_rule
    aws_waf_web_acl beadm bearychat bigpanda bitbucket_access_key bitbucket_pipeline_key_pair
    bitbucket_pipeline_known_host bitbucket_pipeline_variable bitwarden_secret blockinfile bower
    btrfs_info btrfs_subvolume bundler bzr campfire capabilities cargo catapult
    certificate_complete_chain circonus_annotation cisco_spark clc_aa_policy clc_alert_policy
    clc_blueprint_package clc_firewall_policy clc_group clc_loadbalancer clc_modify_server
    clc_publicip clc_server clc_server_snapshot cli_command cli_config cloudflare_dns
    cloudformation cloudformation_exports_info cloudformation_info cloudformation_stack_set
    cloudfront_distribution cloudfront_info cloudfront_invalidation
    cloudfront_origin_access_identity cloudtrail cloudwatchevent_rule cloudwatchlogs_log_group
    cloudwatchlogs_log_group_info cloudwatchlogs_log_group_metric_filter cobbler_sync
    cobbler_system command composer consul consul_acl consul_kv consul_session copr copy cpanm
    cron cronvar crypttab data_pipeline datadog_event datadog_monitor dconf deb822_repository
    debconf debug deploy_helper digital_ocean digital_ocean_account_info
    digital_ocean_block_storage digital_ocean_certificate digital_ocean_certificate_info
    digital_ocean_domain digital_ocean_domain_info digital_ocean_droplet
    digital_ocean_firewall_info digital_ocean_floating_ip digital_ocean_floating_ip_info
    digital_ocean_image_info digital_ocean_load_balancer_info digital_ocean_region_info
    digital_ocean_size_info digital_ocean_snapshot_info digital_ocean_sshkey
    digital_ocean_sshkey_info digital_ocean_tag digital_ocean_tag_info digital_ocean_volume_info
    dimensiondata_network dimensiondata_vlan django_manage dms_endpoint
    dms_replication_subnet_group dnf dnf5 dnf_config_manager dnf_versionlock dnsimple dnsmadeeasy
    docker_compose docker_compose_v2 docker_compose_v2_exec docker_compose_v2_pull
    docker_compose_v2_run docker_config docker_container docker_container_info
    docker_context_info docker_host_info docker_image docker_image_build docker_image_info
    docker_image_pull docker_image_push docker_image_tag docker_login docker_network
    docker_network_info docker_node docker_node_info docker_plugin docker_prune docker_secret
    docker_service docker_stack docker_swarm docker_swarm_info docker_swarm_service
    docker_swarm_service_info docker_volume docker_volume_info dpkg_selections dynamodb_table
    dynamodb_ttl easy_install ec2 ec2_ami ec2_ami_copy ec2_ami_info ec2_asg ec2_asg_info
    ec2_asg_lifecycle_hook ec2_customer_gateway ec2_customer_gateway_info ec2_eip ec2_eip_info
    ec2_elb ec2_elb_info ec2_elb_lb ec2_eni ec2_eni_info ec2_group ec2_group_info ec2_instance
    ec2_instance_info ec2_key ec2_launch_template ec2_lc ec2_lc_find ec2_lc_info ec2_metric_alarm
    ec2_placement_group ec2_placement_group_info ec2_scaling_policy ec2_snapshot
    ec2_snapshot_copy ec2_snapshot_info ec2_tag ec2_tag_info ec2_transit_gateway
    ec2_transit_gateway_info ec2_vol ec2_vol_info ec2_vpc_dhcp_option ec2_vpc_dhcp_option_info
    ec2_vpc_egress_igw ec2_vpc_endpoint ec2_vpc_endpoint_info ec2_vpc_igw ec2_vpc_igw_info
    ec2_vpc_nacl ec2_vpc_nacl_info ec2_vpc_nat_gateway ec2_vpc_nat_gateway_info ec2_vpc_net
    ec2_vpc_net_info ec2_vpc_peer ec2_vpc_peering_info ec2_vpc_route_table
    ec2_vpc_route_table_info ec2_vpc_subnet ec2_vpc_subnet_info ec2_vpc_vgw ec2_vpc_vgw_info
    ec2_vpc_vpn ec2_vpc_vpn_info ec2_win_password ecs_attribute ecs_certificate ecs_cluster
    ecs_domain ecs_ecr ecs_service ecs_service_info ecs_tag ecs_task ecs_taskdefinition
    ecs_taskdefinition_info efs efs_info ejabberd_user elasticache elasticache_info
    elasticache_parameter_group elasticache_snapshot elasticache_subnet_group
    elasticsearch_plugin elb_application_lb elb_application_lb_info elb_classic_lb
    elb_classic_lb_info elb_instance elb_network_lb elb_target elb_target_group
    elb_target_group_info elb_target_info emc_vnx_sg_member etcd3 execute_lambda expect facter
    fail fetch file filesystem find firewalld firewalld_info flatpak flatpak_remote flowdock
    foreman gather_facts gcdns_record gcdns_zone gce gconftool2 gcp_backend_service
    gcp_forwarding_rule gcp_healthcheck gcp_target_proxy gcp_url_map gcspanner gem
    get_certificate get_url getent gio_mime git git_config git_config_info github_deploy_key
    github_hooks github_issue github_key github_release github_webhook github_webhook_info
    gitlab_deploy_key gitlab_group gitlab_hook gitlab_hooks gitlab_project
    gitlab_project_variable gitlab_runner gitlab_user gluster_heal_info gluster_peer
    gluster_volume grafana_dashboard grafana_datasource grafana_plugin group group_by grove
    gunicorn haproxy hcloud_datacenter_info hcloud_floating_ip hcloud_floating_ip_info
    hcloud_image_info hcloud_location_info hcloud_network hcloud_network_info hcloud_rdns
    hcloud_route hcloud_server hcloud_server_info hcloud_server_network hcloud_server_type_info
    hcloud_ssh_key hcloud_ssh_key_info hcloud_subnetwork hcloud_volume hcloud_volume_info helm
    helm_info helm_plugin helm_pull helm_repository helm_template heroku_collaborator hg hipchat
    homebrew homebrew_cask homebrew_services homebrew_tap honeybadger_deployment hostname
    hpilo_boot hpilo_info hponcfg htpasswd hwc_ecs_instance hwc_evs_disk hwc_network_vpc
    hwc_smn_topic hwc_vpc_eip hwc_vpc_peering_connect hwc_vpc_port hwc_vpc_private_ip
    hwc_vpc_route hwc_vpc_security_group hwc_vpc_security_group_rule hwc_vpc_subnet iam iam_cert
    iam_group iam_managed_policy iam_mfa_device_info iam_password_policy iam_policy
    iam_policy_info iam_role iam_role_info iam_saml_federation iam_server_certificate_info
    iam_user iam_user_info ibm_sa_domain ibm_sa_host ibm_sa_host_ports ibm_sa_pool ibm_sa_vol
    ibm_sa_vol_map icinga2_feature icinga2_host idrac_redfish_command idrac_redfish_config
    idrac_redfish_info imc_rest imgadm include_vars infinity influxdb_database influxdb_query
    influxdb_retention_policy influxdb_user influxdb_write ini_file installp interfaces_file
    ip_netns ipa_config ipa_dnsrecord ipa_dnszone ipa_getkeytab ipa_group ipa_hbacrule ipa_host
    ipa_hostgroup ipa_role ipa_service ipa_subca ipa_sudocmd ipa_sudocmdgroup ipa_sudorule
    ipa_user ipa_vault ipmi_boot ipmi_power iptables iptables_state ipwcli_dns irc iso_customize
    iso_extract jabber java_cert java_keystore jboss jenkins_job jenkins_job_info jenkins_plugin
    jenkins_script jira k8s k8s_auth k8s_cluster_info k8s_cp k8s_drain k8s_exec k8s_info
    k8s_json_patch k8s_log k8s_raw k8s_rollback k8s_scale k8s_service k8s_taint katello
    kernel_blacklist keycloak_client keycloak_clienttemplate keycloak_group keycloak_realm
    keycloak_user kibana_plugin kinesis_stream known_hosts krb_ticket lambda lambda_alias
    lambda_event lambda_info lambda_policy layman lbu ldap_attr ldap_attrs ldap_entry ldap_passwd
    librato_annotation lightsail lineinfile linode linode_v4 lldp locale_gen logentries
    logentries_msg logicmonitor logstash_plugin luks_device lvg lvg_rename lvm_pv lvol
    lxc_container lxca_cmms lxca_nodes lxd_container lxd_profile macports mail make
    manageiq_alert_profiles manageiq_alerts manageiq_group manageiq_policies manageiq_provider
    manageiq_tags manageiq_tenant manageiq_user mas matrix mattermost maven_artifact
    memset_dns_reload memset_memstore_info memset_server_info memset_zone memset_zone_domain
    memset_zone_record mksysb modprobe mongodb_info mongodb_parameter mongodb_replicaset
    mongodb_shard mongodb_user monit mount mount_facts mqtt mssql_db mysql_db mysql_info
    mysql_query mysql_replication mysql_role mysql_user mysql_variables na_cdot_aggregate
    na_cdot_license na_cdot_lun na_cdot_qtree na_cdot_svm na_cdot_user na_cdot_user_role
    na_cdot_volume nagios net_banner net_get net_interface net_l2_interface net_l3_interface
    net_linkagg net_lldp net_lldp_interface net_logging net_ping net_put net_static_route
    net_system net_user net_vlan net_vrf netconf_config netconf_get netconf_rpc netcup_dns
    newrelic_deployment nexmo nginx_status_info nictagadm nios_a_record nios_aaaa_record
    nios_cname_record nios_dns_view nios_fixed_address nios_host_record nios_member
    nios_mx_record nios_naptr_record nios_network nios_network_view nios_nsgroup nios_ptr_record
    nios_srv_record nios_txt_record nios_zone nmcli nomad_job nosh npm nsupdate oci_vcn
    office_365_connector_card ohai omapi_host one_host one_image one_image_info one_service
    one_vm oneandone_firewall_policy oneandone_load_balancer oneandone_monitoring_policy
    oneandone_private_network oneandone_public_ip oneandone_server onepassword_info
    oneview_datacenter_info oneview_enclosure_info oneview_ethernet_network
    oneview_ethernet_network_info oneview_fc_network oneview_fc_network_info oneview_fcoe_network
    oneview_fcoe_network_info oneview_logical_interconnect_group
    oneview_logical_interconnect_group_info oneview_network_set oneview_network_set_info
    oneview_san_manager oneview_san_manager_info online_server_info online_user_info open_iscsi
    openbsd_pkg opendj_backendprop openshift_raw openshift_scale openssh_cert openssh_keypair
    openssl_certificate openssl_certificate_info openssl_csr openssl_csr_info openssl_csr_pipe
    openssl_dhparam openssl_pkcs12 openssl_privatekey openssl_privatekey_convert
    openssl_privatekey_info openssl_privatekey_pipe openssl_publickey openvswitch_bridge
    openvswitch_db openvswitch_port openwrt_init opkg os_auth os_client_config os_coe_cluster
    os_coe_cluster_template os_flavor_info os_floating_ip os_group os_group_info os_image
    os_image_info os_ironic os_ironic_inspect os_ironic_node os_keypair os_keystone_domain
    os_keystone_domain_info os_keystone_endpoint os_keystone_role os_keystone_service os_listener
    os_loadbalancer os_member os_network os_networks_info os_nova_flavor os_nova_host_aggregate
    os_object os_pool os_port os_port_info os_project os_project_access os_project_info os_quota
    os_recordset os_router os_security_group os_security_group_rule os_server os_server_action
    os_server_group os_server_info os_server_metadata os_server_volume os_stack os_subnet
    os_subnets_info os_user os_user_group os_user_info os_user_role os_volume os_volume_snapshot
    os_zone osx_defaults osx_say ovh_ip_failover ovh_ip_loadbalancing_backend ovh_monthly_billing
    ovirt pacemaker_cluster package package_facts packet_device packet_ip_subnet packet_project
    packet_sshkey packet_volume packet_volume_attachment pacman pacman_key pagerduty
    pagerduty_alert pam_limits pamd parted patch pause pear pids ping pingdom pip
    pip_package_info pipx pipx_info pkg5 pkg5_publisher pkgin pkgng pkgutil pmem pnpm
    podman_container podman_container_info podman_containers podman_export
    podman_generate_systemd podman_image podman_image_info podman_load podman_login podman_logout
    podman_network podman_play podman_pod podman_save podman_secret podman_system_prune
    podman_tag podman_volume_info portage portinstall postgresql_alter_system postgresql_copy
    postgresql_db postgresql_ext postgresql_idx postgresql_info postgresql_lang
    postgresql_membership postgresql_owner postgresql_pg_hba postgresql_ping postgresql_privs
    postgresql_publication postgresql_query postgresql_schema postgresql_script
    postgresql_sequence postgresql_set postgresql_slot postgresql_subscription postgresql_table
    postgresql_tablespace postgresql_user postgresql_user_obj_stat_info profitbricks
    profitbricks_datacenter profitbricks_nic profitbricks_volume profitbricks_volume_attachments
    proxmox proxmox_kvm proxmox_template proxysql_backend_servers proxysql_global_variables
    proxysql_manage_config proxysql_mysql_users proxysql_query_rules
    proxysql_replication_hostgroups proxysql_scheduler psexec pubnub_blocks pulp_repo puppet
    pushbullet pushover python_requirements_info rabbitmq_binding rabbitmq_exchange
    rabbitmq_global_parameter rabbitmq_parameter rabbitmq_plugin rabbitmq_policy rabbitmq_publish
    rabbitmq_queue rabbitmq_user rabbitmq_vhost rabbitmq_vhost_limits raw rax rax_cbs
    rax_cbs_attachments rax_cdb rax_cdb_database rax_cdb_user rax_clb rax_clb_nodes rax_clb_ssl
    rax_dns rax_dns_record rax_files rax_files_objects rax_identity rax_keypair rax_meta
    rax_mon_alarm rax_mon_check rax_mon_entity rax_mon_notification rax_mon_notification_plan
    rax_network rax_queue rax_scaling_group rax_scaling_policy rds rds_instance rds_instance_info
    rds_param_group rds_snapshot rds_snapshot_info rds_subnet_group read_csv reboot
    redfish_command redfish_config redfish_info redhat_subscription redis redshift
    redshift_cross_region_snapshots redshift_info redshift_subnet_group replace restconf_config
    restconf_get rhel_facts rhel_rpm_ostree rhevm rhn_channel rhn_register rhsm_release
    rhsm_repository riak rocketchat rollbar_deployment route53 route53_health_check route53_info
    route53_zone rpm_key rpm_ostree_pkg rpm_ostree_upgrade rundeck_acl_policy rundeck_project
    runit s3_bucket s3_bucket_notification s3_lifecycle s3_logging s3_sync s3_website
    sap_task_list_execute say scaleway_compute scaleway_container scaleway_image_info scaleway_ip
    scaleway_ip_info scaleway_lb scaleway_organization_info scaleway_security_group
    scaleway_security_group_info scaleway_security_group_rule scaleway_server_info
    scaleway_snapshot_info scaleway_sshkey scaleway_user_data scaleway_volume
    scaleway_volume_info script seboolean sefcontext selinux selinux_permissive selogin sendgrid
    sensu_check sensu_client sensu_handler sensu_silence sensu_subscription seport serverless
    service service_facts set_fact set_stats sf_account_manager sf_check_connections
    sf_snapshot_schedule_manager sf_volume_access_group_manager sf_volume_manager shell shutdown
    simpleinit_msb sl_vm slack slackpkg slurp smartos_image_info snap snap_alias snap_connect sns
    sns_topic solaris_zone sorcery spectrum_device spotinst_aws_elastigroup sqs_queue ss_3par_cpg
    ssh_config stackdriver stacki_host stat statusio_maintenance sts_assume_role
    sts_session_token subversion sudoers supervisorctl svc svr4pkg swdepot swupd synchronize
    sysctl syslogger syspatch sysrc systemd systemd_creds_decrypt systemd_creds_encrypt
    systemd_info systemd_service sysvinit taiga_issue telegram telnet tempfile template terraform
    timezone toml_file twilio typetalk udm_dns_record udm_dns_zone udm_group udm_share udm_user
    ufw unarchive uptimerobot uri urpmi usb_facts user utm_aaa_group utm_aaa_group_info
    utm_ca_host_key_cert utm_ca_host_key_cert_info utm_dns_host utm_network_interface_address
    utm_network_interface_address_info utm_proxy_auth_profile utm_proxy_exception
    utm_proxy_frontend utm_proxy_frontend_info utm_proxy_location utm_proxy_location_info
    validate_argument_spec vdo vertica_configuration vertica_info vertica_role vertica_schema
    vertica_user vexata_eg vexata_volume virt virt_net virt_pool vmadm wait_for
    wait_for_connection wakeonlan webfaction_app webfaction_db webfaction_domain
    webfaction_mailbox webfaction_site win_acl win_acl_inheritance win_audit_policy_system
    win_audit_rule win_certificate_store win_chocolatey win_chocolatey_config
    win_chocolatey_feature win_chocolatey_source win_command win_copy win_credential win_defrag
    win_disk_image win_dns_client win_dns_record win_domain win_domain_computer
    win_domain_controller win_domain_group win_domain_group_membership win_domain_membership
    win_domain_user win_dotnet_ngen win_dsc win_environment win_eventlog win_eventlog_entry
    win_feature win_file win_file_version win_find win_firewall win_firewall_rule win_format
    win_get_url win_group win_group_membership win_hostname win_hosts win_hotfix win_http_proxy
    win_iis_virtualdirectory win_iis_webapplication win_iis_webapppool win_iis_webbinding
    win_iis_website win_inet_proxy win_initialize_disk win_lineinfile win_mapped_drive win_msg
    win_netbios win_nssm win_optional_feature win_owner win_package win_pagefile win_partition
    win_path win_pester win_ping win_power_plan win_powershell win_psexec win_psmodule
    win_psrepository win_rabbitmq_plugin win_rds_cap win_rds_rap win_rds_settings win_reboot
    win_reg_stat win_regedit win_region win_regmerge win_robocopy win_route win_say
    win_scheduled_task win_scheduled_task_stat win_security_policy win_service win_share
    win_shell win_shortcut win_snmp win_stat win_tempfile win_template win_timezone win_toast
    win_unzip win_updates win_uri win_user win_user_profile win_user_right win_wait_for
    win_wait_for_process win_wakeonlan win_webpicmd win_whoami win_xml x509_certificate
    x509_certificate_convert x509_certificate_info x509_certificate_pipe x509_crl x509_crl_info
    xattr xbps xcc_redfish_command xdg_mime xenserver_guest xenserver_guest_info
    xenserver_guest_powerstate xfconf xfs_quota xml yarn yum yum_repository yum_versionlock
    zabbix_action zabbix_group zabbix_group_info zabbix_host zabbix_host_events_info
    zabbix_host_info zabbix_hostmacro zabbix_maintenance zabbix_map zabbix_mediatype zabbix_proxy
    zabbix_screen zabbix_service zabbix_template zabbix_template_info zabbix_user
    zabbix_user_info zabbix_valuemap zfs zfs_delegate_admin znode zpool zypper zypper_repository
    """
}
