-- The name of a device is given where a sign-in is completed, and no longer where it begins.
alter table oauth_flows drop column device_name;
