//! Every email, for friendly and for hostile readers.

use super::*;

fn templates() -> MailTemplates {
    MailTemplates::open(None, "Acme").unwrap()
}

fn all_for(name: &str) -> Vec<Rendered> {
    samples::every_mail(Some(name)).iter().map(|mail| templates().render(mail).unwrap()).collect()
}

#[test]
fn every_template_belongs_to_an_email_that_was_tried() {
    let shared = ["layout.html", "layout.txt", "button.html", "occasion.html", "occasion.txt"];
    let mails = samples::every_mail(None);

    for (name, _) in EMBEDDED.iter().filter(|(name, _)| !shared.contains(name)) {
        assert!(mails.iter().any(|mail| name.split('.').next() == Some(mail.kind())), "{name}");
    }
    assert_eq!(mails.len() * 2 + shared.len(), EMBEDDED.len());
}

#[test]
fn both_forms_of_an_email_say_the_same_link() {
    let mail = &samples::every_mail(Some("Ann"))[0];
    let rendered = templates().render(mail).unwrap();

    assert_eq!(rendered.subject, "Confirm your email address for Acme");
    assert!(rendered.text.contains("\nhttps://app.example.com/verify-email?token=ago_"), "{}", rendered.text);
    assert!(rendered.html.contains("href=\"https:&#x2f;&#x2f;app.example.com&#x2f;verify-email?token=ago_"));
    assert!(rendered.text.contains("24 hours") && rendered.html.contains("24 hours"));
}

#[test]
fn markup_in_a_name_stays_text() {
    for rendered in all_for("<script>alert(1)</script>\"'") {
        assert!(!rendered.html.contains("<script"), "{}", rendered.kind);
    }
    for rendered in all_for("<script>\"'") {
        assert!(rendered.html.contains("&lt;script&gt;&quot;"), "{}", rendered.kind);
        assert!(rendered.text.contains("<script>\"'"), "{}", rendered.kind);
    }
}

#[test]
fn a_name_with_newlines_adds_no_line() {
    for rendered in all_for("Ann\r\n\r\nYour code: x") {
        assert!(rendered.text.starts_with("Hello Ann Your code: x,\n"), "{}", rendered.text);
        assert!(!rendered.subject.contains(['\r', '\n']));
    }
}

#[test]
fn a_name_that_is_a_link_is_left_out() {
    for rendered in all_for("http://evil").iter().chain(&all_for("evil.example")) {
        assert!(!rendered.html.contains("evil") && !rendered.text.contains("evil"), "{}", rendered.kind);
        assert!(rendered.text.starts_with("Hello,\n"), "{}", rendered.text);
    }
}

#[test]
fn a_file_in_the_folder_wins() {
    let folder = tempfile::tempdir().unwrap();
    let words = "{% extends 'layout.txt' %}{% block subject %}Hallo\n{{ product }}{% endblock %}{% block body %}{{ link }}{% endblock %}";
    fs::write(folder.path().join("verify_email.txt"), words).unwrap();

    let rendered =
        MailTemplates::open(Some(folder.path()), "Acme").unwrap().render(&samples::every_mail(None)[0]).unwrap();

    assert_eq!(rendered.subject, "Hallo Acme");
    assert!(rendered.html.contains("<title>Hallo Acme</title>"));
}

#[test]
fn all_faults_of_a_folder_are_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("verify_email.txt"), "{% block subject %}{% endblock %}{{ linck }}").unwrap();
    fs::write(folder.path().join("reset_password.html"), "{% if %}").unwrap();

    let faults = format!("{:?}", MailTemplates::open(Some(folder.path()), "Acme").err().unwrap());

    assert!(faults.contains("verify_email.txt:1") && faults.contains("reset_password.html:1"), "{faults}");
}

#[test]
fn spans_are_said_as_people_say_them() {
    for (seconds, words) in [
        (86_400, "24 hours"),
        (604_800, "7 days"),
        (604_799, "6 days and 23 hours"),
        (3_600, "1 hour"),
        (7_261, "2 hours and 1 minute"),
        (1_800, "30 minutes"),
        (90, "90 seconds"),
        (1, "1 second"),
        (0, "0 seconds"),
    ] {
        assert_eq!(duration(seconds), words);
    }
}
