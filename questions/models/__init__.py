from questions.models.form import Form, FormItem, FormVersion
from questions.models.question import Question

__all__ = ["Form", "FormItem", "FormVersion", "Question"]
