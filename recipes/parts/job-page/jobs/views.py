"""The page that starts a job."""

from django.views.generic import TemplateView

report = TemplateView.as_view(template_name="jobs/report.html")
